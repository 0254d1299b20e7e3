import { tokenBucket } from "../webhook-api/throttle";
import type { AccountLimits, LimitKey } from "./account-limits";

/** A call that is too many, and what AWS says of it. */
export interface Throttled {
  readonly refusedBy: LimitKey;
  readonly code: string;
  readonly message: string;
}

const PARAMETER_READS = ["GetParameter", "GetParameters", "GetParametersByPath"];
const TABLE_READS = ["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"];
const TABLE_WRITES = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

/** The tables that a request names, e.g. `"TableName":"ledger"`, or the keys of a batch's `RequestItems`. */
const tablesIn = (body: string): readonly string[] => [
  ...new Set([...body.matchAll(/"TableName"\s*:\s*"([^"]+)"/g)].map((match) => match[1] ?? "")),
];

const RATE_EXCEEDED = { code: "ThrottlingException", message: "Rate exceeded" } as const;
const NEW_TABLE = {
  code: "ThrottlingException",
  message:
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly.",
} as const;

const limitOf = (service: string, operation: string): LimitKey | undefined => {
  if (service === "ssm" && PARAMETER_READS.includes(operation)) return "parameterStoreReads";
  if (service !== "dynamodb") return undefined;
  if (TABLE_READS.includes(operation)) return "tableReads";
  return TABLE_WRITES.includes(operation) ? "tableWrites" : undefined;
};

/**
 * The rates of an account's calls: reads of Parameter Store together, reads and writes of each table. A call of a table
 * counts as one unit, whatever its size: that errs on the side of letting it pass.
 */
export const callRates = (
  limits: AccountLimits,
  now: () => number,
): ((service: string, operation: string, body: () => string) => Throttled | undefined) => {
  const buckets = new Map<string, () => boolean>();
  const passes = (key: LimitKey, name: string): boolean => {
    const { value } = limits[key];
    const bucket = buckets.get(name) ?? tokenBucket({ ratePerSecond: value, burst: value }, now);
    buckets.set(name, bucket);
    return bucket();
  };
  return (service, operation, body) => {
    const key = limitOf(service, operation);
    if (key === undefined) return undefined;
    const isTable = service === "dynamodb";
    const names = isTable ? tablesIn(body()) : ["all"];
    const isOver = names.some((name) => !passes(key, `${key} ${name}`));
    return isOver ? { refusedBy: key, ...(isTable ? NEW_TABLE : RATE_EXCEEDED) } : undefined;
  };
};
