/** One of AWS's limits, as an account has it. */
export interface Limit {
  /** In AWS's words. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The page that says so. */
  readonly source: string;
}

const DOCS = "https://docs.aws.amazon.com";

const limit = (name: string, value: number, unit: string, page: string): Limit => ({
  name,
  value,
  unit,
  source: `${DOCS}/${page}`,
});

/** The limits that the laptop holds its AWS to. */
export type LimitKey =
  | "concurrentExecutions"
  | "tenantEnvironments"
  | "tenantIdleSeconds"
  | "onDemandVcpus"
  | "spotVcpus"
  | "parameterStoreReads"
  | "tableReads"
  | "tableWrites"
  | "spotRoles";

export type AccountLimits = Readonly<Record<LimitKey, Limit>>;

/** An account that nobody has raised a limit of yet. */
export const NEW_ACCOUNT: AccountLimits = {
  // The page says that new accounts have less than 1,000; ten is what they are reported to have.
  concurrentExecutions: limit(
    "Lambda concurrent executions",
    10,
    "",
    "lambda/latest/dg/gettingstarted-limits.html",
  ),
  // 2,500 for each 1,000 concurrent executions, idle ones counted.
  tenantEnvironments: limit(
    "Lambda tenant environments",
    25,
    "",
    "lambda/latest/dg/tenant-isolation-troubleshooting.html",
  ),
  // AWS does not say how long it keeps an idle environment. Minutes were seen; a trial on the laptop is to end.
  tenantIdleSeconds: limit(
    "Idle tenant environment",
    60,
    "seconds",
    "lambda/latest/dg/lambda-runtime-environment.html",
  ),
  onDemandVcpus: limit("EC2 on-demand vCPUs", 5, "", "ec2/latest/instancetypes/ec2-instance-quotas.html"),
  spotVcpus: limit("EC2 spot vCPUs", 5, "", "ec2/latest/instancetypes/ec2-instance-quotas.html"),
  parameterStoreReads: limit("Parameter Store reads", 40, "a second", "general/latest/gr/ssm.html"),
  tableReads: limit(
    "Reads of a new DynamoDB table",
    12_000,
    "a second",
    "amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
  ),
  tableWrites: limit(
    "Writes of a new DynamoDB table",
    4_000,
    "a second",
    "amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
  ),
  // EC2 makes it at the first spot request of somebody who may; our functions may not.
  spotRoles: limit(
    "Service-linked role for EC2 Spot",
    0,
    "",
    "AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html",
  ),
};

/**
 * What the laptop says of its account where nothing is limited: an account in use, whose limits were raised. Nobody is
 * held to it.
 */
export const ACCOUNT_IN_USE: AccountLimits = {
  ...NEW_ACCOUNT,
  concurrentExecutions: { ...NEW_ACCOUNT.concurrentExecutions, value: 1_000 },
  tenantEnvironments: { ...NEW_ACCOUNT.tenantEnvironments, value: 2_500 },
  onDemandVcpus: { ...NEW_ACCOUNT.onDemandVcpus, value: 1_024 },
  spotVcpus: { ...NEW_ACCOUNT.spotVcpus, value: 1_024 },
  parameterStoreReads: { ...NEW_ACCOUNT.parameterStoreReads, value: 10_000 },
  spotRoles: { ...NEW_ACCOUNT.spotRoles, value: 1 },
};

const LIMIT_TEXT: readonly LimitKey[] = [
  "concurrentExecutions",
  "tenantEnvironments",
  "onDemandVcpus",
  "spotVcpus",
  "parameterStoreReads",
];

/** For the terminal and the page, e.g. `Lambda concurrent executions 10, …, no service-linked role for EC2 Spot`. */
export const limitsText = (limits: AccountLimits): string => {
  const numbers = LIMIT_TEXT.map((key) =>
    `${limits[key].name} ${limits[key].value} ${limits[key].unit}`.trim(),
  );
  return [...numbers, ...(limits.spotRoles.value > 0 ? [] : ["no service-linked role for EC2 Spot"])].join(
    ", ",
  );
};
