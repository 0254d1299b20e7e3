import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { log } from "../../Core/log";

/** What goes on the bus of one invocation's end. Job code may have written the line: a hint, and nothing of its text. */
export interface InvocationEnd {
  /** Of the asynchronous invoke, which the ledger knows. Lambda may deliver it twice, to two environments. */
  readonly requestId: string;
  /** Lambda's word, or `no-row`: this delivery found its row taken and left, so its end is not the runner's. */
  readonly status: (typeof STATUSES)[number] | "no-row";
  /** Stands for the execution environment, as 16 hexadecimal digits of its log stream's name. */
  readonly environment: string;
}

const STATUSES = ["success", "error", "failure", "timeout"] as const;
const REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What one delivery may unpack to: CloudWatch Logs sends a tenth of it at most. */
const MAX_BYTES = 10 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

const parsed = (text: unknown): Fields => {
  try {
    return fieldsOf(JSON.parse(String(text)));
  } catch {
    return {};
  }
};

type Said = Pick<InvocationEnd, "requestId" | "status">;

/**
 * Lambda's JSON system log, e.g. `{"time":"2026-11-29T12:00:00.000Z","type":"platform.report","record":
 * {"requestId":"6f1c…","status":"success","metrics":{"durationMs":812.4}}}`.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
 */
const reported = ({ type, record }: Fields): Said | undefined => {
  const { requestId, status } = fieldsOf(record);
  const known = STATUSES.find((one) => one === status);
  return type === "platform.report" && known ? { requestId: String(requestId), status: known } : undefined;
};

/** The runner function's own line, which comes before the report of the same invocation. */
const foundNoRow = ({ code, requestId }: Fields): Said | undefined =>
  code === "ROW_TAKEN_BEFORE" ? { requestId: String(requestId), status: "no-row" } : undefined;

/** What a line of a runner function's log says of an end. Undefined: nothing. */
const endIn = (message: unknown, environment: string): InvocationEnd | undefined => {
  const line = parsed(message);
  const said = reported(line) ?? foundNoRow(line);
  if (said === undefined || !REQUEST_ID.test(said.requestId)) return undefined;
  return { ...said, environment };
};

/**
 * What lines of one log stream say of ends, each once. A delivery that found no row writes so a few milliseconds before
 * its report, so both come together as a rule, and the report is left out here.
 */
export const endsOf = (messages: readonly unknown[], logStream: unknown): readonly InvocationEnd[] => {
  const environment = createHash("sha256").update(String(logStream)).digest("hex").slice(0, 16);
  const ends = messages.flatMap((message) => endIn(message, environment) ?? []);
  const left = new Set(ends.flatMap(({ requestId, status }) => (status === "no-row" ? requestId : [])));
  const told = ends.filter(({ requestId, status }) => status === "no-row" || !left.has(requestId));
  return [...new Map(told.map((end) => [end.requestId, end])).values()];
};

const unpacked = (event: unknown): Fields => {
  const { data } = fieldsOf(fieldsOf(event).awslogs);
  if (typeof data !== "string") return {};
  try {
    return parsed(gunzipSync(Buffer.from(data, "base64"), { maxOutputLength: MAX_BYTES }).toString());
  } catch (error) {
    log.warn("LOG_EVENTS_UNREADABLE", { reason: error instanceof Error ? error.message : "unknown" });
    return {};
  }
};

/**
 * The ends that a delivery of a log subscription tells of, each once. Lines that are none are left out.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
 */
export const endsIn = (event: unknown): readonly InvocationEnd[] => {
  const { messageType, logStream, logEvents } = unpacked(event);
  if (messageType !== "DATA_MESSAGE" || !Array.isArray(logEvents)) return [];
  const messages = logEvents.map((entry) => fieldsOf(entry).message);
  return endsOf(messages, logStream);
};
