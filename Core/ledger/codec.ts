import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { ConfigurationError } from "../errors";
import {
  ATTEMPT_STATES,
  type Attempt,
  type FailedLookUp,
  LEASE_KINDS,
  type LedgerItem,
  ORPHAN_STATES,
  type OrderedAttempt,
  type OrphanInstance,
  type OrphanRecord,
  RUNNER_STATES,
  type Runner,
  type StartedRunner,
} from "../model/ledger";
import {
  ATTEMPT_FAILURE_CODES,
  INSTALL_FAILURE_CODES,
  LAUNCH_HOLD_CODES,
  RUNNER_END_CODES,
  WAITING_FOR_CODES,
} from "../model/reasons";
import { PRICE_SOURCES } from "../pricing/prices";
import { itemKey, openKey } from "./keys";

type Item = Record<string, AttributeValue>;
type Fields = Record<string, unknown>;
/** `"unknown"`: a code that only a newer version knows. */
type Check = (value: unknown) => boolean | "unknown";
type Shape = Readonly<Record<string, Check>>;

const number: Check = (value) => typeof value === "number";
const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const absent: Check = (value) => value === undefined;
const oneOf =
  (values: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && values.includes(value);
/** A reason is only for people, so an unknown code does not make the item unreadable. */
const known =
  (codes: readonly string[]): Check =>
  (value) =>
    value === undefined || (typeof value === "string" && (codes.includes(value) || "unknown"));
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fields =
  (shape: Shape): Check =>
  (value) =>
    isFields(value) && Object.entries(shape).every(([name, check]) => check(value[name]) === true);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((entry) => check(entry) === true);
const times: Check = (value) =>
  isFields(value) && Object.values(value).every((entry) => number(entry) === true);

/** A cause that only a newer version knows counts as `other` where it is read. */
const marks = optional(list(fields({ cause: text, at: number })));

const runnerClass = fields({
  name: text,
  type: text,
  lifetimeSeconds: number,
  waitTimeoutSeconds: number,
  maxRunners: number,
});
const order = fields({
  jobId: number,
  projectId: number,
  jobName: text,
  tags: list(text),
  queuedAt: number,
  runnerClass,
  limits: optional(fields({ stack: number, project: optional(number) })),
  functionArn: optional(text),
  fallback: optional(fields({ runnerClass, functionArn: optional(text) })),
  pipelineId: optional(number),
  spotBreaker: optional(fields({ failures: number, withinMinutes: number, restMinutes: number })),
  budget: optional(number),
  verified: flag,
  ref: optional(fields({ name: text, isTag: flag })),
  onProtectedRef: optional(flag),
  objective: optional(fields({ seconds: number, percent: number })),
});
const lease = optional(fields({ kind: oneOf(LEASE_KINDS), holder: text, until: number }));
const slot = optional(
  fields({
    stackShard: number,
    classShard: number,
    project: optional(fields({ id: number, shard: number })),
    lambdaShard: optional(number),
  }),
);

const mark = fields({ jobId: number, attempt: number });

const SHARED = {
  jobId: number,
  attempt: number,
  version: number,
  lease,
  slot,
  resourceId: optional(text),
  market: optional(text),
  pricePerHour: optional(number),
  priceSource: known(PRICE_SOURCES),
  detail: optional(text),
  installFailure: known(INSTALL_FAILURE_CODES),
  times,
  ttl: optional(number),
};

const ATTEMPT = {
  ...SHARED,
  kind: oneOf(["attempt"]),
  isLast: optional(flag),
  reassigned: optional(number),
  waitingFor: optional(oneOf(WAITING_FOR_CODES)),
  notBefore: optional(number),
  throttledSince: optional(number),
  dispatchedAt: optional(number),
  runnerId: optional(number),
  ranOnRunnerId: optional(number),
  cost: optional(number),
  outcome: optional(text),
  failureReason: optional(text),
  reason: known(ATTEMPT_FAILURE_CODES),
  marks,
  waits: optional(times),
};

// The type requires every field: a field that is missing here would be lost when an item is read.
const ORDERED_ATTEMPT: Readonly<Record<keyof OrderedAttempt, Check>> = {
  ...ATTEMPT,
  state: oneOf(ATTEMPT_STATES),
  order,
  classKey: text,
};

const FAILED_LOOK_UP: Readonly<Record<keyof FailedLookUp, Check>> = {
  ...ATTEMPT,
  state: oneOf(["RUNNING", "ENDED", "FAILED"]),
  order: absent,
  classKey: absent,
  projectId: number,
  jobName: text,
};

const RUNNER = {
  ...SHARED,
  kind: oneOf(["runner"]),
  state: oneOf(RUNNER_STATES),
  runnerId: number,
  launchedFor: mark,
  bootstrapKey: optional(text),
  pricePerRequest: optional(number),
  environmentGb: optional(number),
  pool: optional(text),
  lacksSpotRole: optional(flag),
  busyJobId: optional(number),
  busyProjectId: optional(number),
  pausedAt: optional(number),
  endRequestedAt: optional(number),
  endedJobId: optional(number),
  endReport: optional(
    fields({ at: number, looks: number, environment: text, contactedAt: optional(number) }),
  ),
  otherDeliveries: optional(list(text)),
  recordDeletedAt: optional(number),
  heldBy: known(LAUNCH_HOLD_CODES),
  heldSince: optional(number),
  holds: marks,
  reason: known(RUNNER_END_CODES),
  keptUntil: optional(number),
};

const STARTED_RUNNER: Readonly<Record<keyof StartedRunner, Check>> = {
  ...RUNNER,
  adopted: absent,
  order,
  classKey: text,
  provider: text,
  nonce: text,
  launchRound: number,
  restingPools: optional(list(text)),
  afterSpotLoss: optional(flag),
  microVmImage: optional(
    fields({
      imageArn: text,
      imageVersion: text,
      executionRoleArn: optional(text),
      logGroup: optional(text),
    }),
  ),
};

const ORPHAN_RECORD: Readonly<Record<keyof OrphanRecord, Check>> = {
  ...RUNNER,
  adopted: flag,
  order: absent,
  classKey: absent,
  provider: absent,
  nonce: absent,
  launchRound: absent,
  restingPools: absent,
  afterSpotLoss: absent,
  microVmImage: absent,
};

const ORPHAN: Readonly<Record<keyof OrphanInstance, Check>> = {
  kind: oneOf(["orphan"]),
  resourceId: text,
  version: number,
  state: oneOf(ORPHAN_STATES),
  launchedFor: optional(mark),
  times,
  ttl: optional(number),
};

/** Takes the fields and codes that this version knows. Additions of a newer version are left out (F-56). */
const decode = (stored: Fields, shape: Shape): Fields => {
  const wrong = Object.entries(shape).find(([name, check]) => check(stored[name]) === false);
  if (wrong !== undefined) {
    throw new ConfigurationError(
      `The ledger's item ${stored.pk}, ${stored.sk} has no ${wrong[0]} that this version can read: deploy the newest version`,
    );
  }
  const taken = Object.entries(shape).filter(
    ([name, check]) => stored[name] !== undefined && check(stored[name]) === true,
  );
  return Object.fromEntries(taken.map(([name]) => [name, stored[name]]));
};

/** @throws ConfigurationError naming the item and the unreadable attribute */
export const decodeAttempt = (item: Item): Attempt => {
  const stored = unmarshall(item);
  return decode(stored, "projectId" in stored ? FAILED_LOOK_UP : ORDERED_ATTEMPT) as unknown as Attempt;
};

/** @throws ConfigurationError as decodeAttempt, and for an attempt whose look-up failed */
export const decodeOrderedAttempt = (item: Item): OrderedAttempt =>
  decode(unmarshall(item), ORDERED_ATTEMPT) as unknown as OrderedAttempt;

/** @throws ConfigurationError naming the item and the unreadable attribute */
export const decodeRunner = (item: Item): Runner => {
  const stored = unmarshall(item);
  return decode(stored, stored.adopted === true ? ORPHAN_RECORD : STARTED_RUNNER) as unknown as Runner;
};

/** @throws ConfigurationError naming the item and the unreadable attribute */
export const decodeOrphan = (item: Item): OrphanInstance =>
  decode(unmarshall(item), ORPHAN) as unknown as OrphanInstance;

/** Plain data to attributes; undefined fields are left out. */
export const encode = (value: Fields): Item => marshall(value, { removeUndefinedValues: true });

/** An item with its keys, index keys included. */
export const encodeItem = (item: LedgerItem): Item => encode({ ...item, ...itemKey(item), ...openKey(item) });

/** An item's plain attributes. */
export const decodeFields = (item: Item): Fields => unmarshall(item);
