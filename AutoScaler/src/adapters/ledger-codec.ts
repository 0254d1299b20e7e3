import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { ConfigurationError } from "../../../Core/errors";
import { ATTEMPT_STATES, type Attempt, RUNNER_STATES, type Runner } from "../../../Core/ledger";
import { itemKey, openKey } from "./ledger-keys";

type Item = Record<string, AttributeValue>;
type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const number: Check = (value) => typeof value === "number";
const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const oneOf =
  (known: readonly string[]): Check =>
  (value) =>
    known.includes(value as string);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fields =
  (shape: Shape): Check =>
  (value) =>
    isFields(value) && Object.entries(shape).every(([name, check]) => check(value[name]));
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const times: Check = (value) => isFields(value) && Object.values(value).every(number);

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
  functionArn: optional(text),
  verified: flag,
});
const lease = optional(fields({ holder: text, until: number }));
const place = optional(fields({ stackShard: number, classShard: number }));

const SHARED = {
  jobId: number,
  attempt: number,
  version: number,
  order,
  classKey: text,
  lease,
  place,
  resourceId: optional(text),
  market: optional(text),
  pricePerHour: optional(number),
  reason: optional(text),
  times,
  ttl: optional(number),
};

// Every field, by the compiler's word: what is not named here would not survive being stored.
const ATTEMPT: Readonly<Record<keyof Attempt, Check>> = {
  ...SHARED,
  kind: oneOf(["attempt"]),
  isLast: optional(flag),
  state: oneOf(ATTEMPT_STATES),
  robbed: optional(number),
  waitingFor: optional(oneOf(["place", "starts-on", "ec2", "gitlab"])),
  notBefore: optional(number),
  throttledSince: optional(number),
  wokenAt: optional(number),
  runnerId: optional(number),
  ranOnRunnerId: optional(number),
  cost: optional(number),
  outcome: optional(text),
};

const RUNNER: Readonly<Record<keyof Runner, Check>> = {
  ...SHARED,
  kind: oneOf(["runner"]),
  state: oneOf(RUNNER_STATES),
  runnerId: number,
  launchedFor: fields({ jobId: number, attempt: number }),
  carrier: text,
  nonce: text,
  bootstrapKey: optional(text),
  launchRound: number,
  busyJobId: optional(number),
  busyProjectId: optional(number),
  pausedAt: optional(number),
  endRequestedAt: optional(number),
  endedJobId: optional(number),
  recordDeletedAt: optional(number),
  adopted: optional(flag),
};

/** Takes the fields that this version knows; what a newer version added stays out (F-56). */
const decode = (item: Item, shape: Shape): Fields => {
  const stored = unmarshall(item);
  const wrong = Object.entries(shape).find(([name, check]) => !check(stored[name]));
  if (wrong !== undefined) {
    throw new ConfigurationError(
      `The ledger's item ${stored.pk}, ${stored.sk} has no ${wrong[0]} that this version can read: deploy the newest version`,
    );
  }
  const known = Object.keys(shape).filter((name) => stored[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, stored[name]]));
};

/** @throws ConfigurationError naming the item and the attribute that cannot be read */
export const decodeAttempt = (item: Item): Attempt => decode(item, ATTEMPT) as unknown as Attempt;

/** @throws ConfigurationError naming the item and the attribute that cannot be read */
export const decodeRunner = (item: Item): Runner => decode(item, RUNNER) as unknown as Runner;

/** Plain data to attributes; undefined fields are left out. */
export const encode = (value: Fields): Item => marshall(value, { removeUndefinedValues: true });

/** An item with its keys, index keys included. */
export const encodeItem = (item: Attempt | Runner): Item =>
  encode({ ...item, ...itemKey(item), ...openKey(item) });

/** An item's plain attributes. */
export const decodeFields = (item: Item): Fields => unmarshall(item);
