/** What one call of a function that a schedule starts uses, while there is nothing to do. */
export interface RestUse {
  /** Read and write request units of DynamoDB. */
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Values that Parameter Store has KMS decrypt. */
  readonly secretsRead: number;
  readonly gitLabCalls: number;
  /** Bytes of its own log lines. */
  readonly logBytes: number;
}

/** With what nothing here can measure. */
export interface RestRun extends RestUse {
  /** Assumed, and not measured on AWS. */
  readonly seconds: number;
}

/** Projects of a deployment at rest: a pass lists the jobs of each. */
export const REST_PROJECTS = 10;

/** Of a pass of the reconciler. tests/cost-at-rest runs an hour of them and compares. */
export const REST_PASS: RestUse = {
  readUnits: 18.15,
  writeUnits: 4,
  secretsRead: 0.2,
  gitLabCalls: 11,
  logBytes: 138,
};

/** What a pass takes: some twenty questions, most of them side by side. */
const PASS_SECONDS = 1;

/** By the function's logical id. */
export const REST_RUNS: Readonly<Record<string, RestRun>> = {
  ReconcilerFunction: { ...REST_PASS, seconds: PASS_SECONDS },
  /** It reads a secret and is ready for the next webhook. */
  AuthorizeWebhookFunction: {
    readUnits: 0,
    writeUnits: 0,
    secretsRead: 1,
    gitLabCalls: 0,
    logBytes: 0,
    seconds: 0.1,
  },
};

/** Of any other function on a schedule: more than one needs that reads and stores a record. */
export const OTHER_REST_RUN: RestRun = {
  readUnits: 10,
  writeUnits: 4,
  secretsRead: 0,
  gitLabCalls: 0,
  logBytes: 300,
  seconds: 1,
};

/** Custom metrics that are sent while there is nothing to do. tests/cost-at-rest counts them. */
export const REST_METRICS = 0;

/** Assumed of a call to GitLab: what is sent of the connection and the request. */
export const REST_CALL_BYTES = 2_000;
/** Lambda's own lines of a call: START, END and REPORT, with what CloudWatch Logs adds to each. */
export const REST_LAMBDA_LINES_BYTES = 450;
/** DynamoDB asks KMS for a table's key once in five minutes for each caller, under the account's own key for DynamoDB. */
export const REST_TABLE_KEYS_PER_MONTH = (2 * 60 * 24 * 30) / 5;
