import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { log } from "../../Core/log";

/** The bus event for one invocation's end. Job code may have written the line, so its text is left out. */
export interface InvocationEnd {
  /** Of the asynchronous invoke, as in the ledger. Lambda may deliver it twice, to two environments. */
  readonly requestId: string;
  /** Lambda's status, or `no-row`: this delivery found its row taken, so its end is not the runner's end. */
  readonly status: (typeof STATUSES)[number] | "no-row";
  /** An id for the execution environment: 16 hexadecimal digits, made from its log stream's name. */
  readonly environment: string;
}

const STATUSES = ["success", "error", "failure", "timeout"] as const;
const REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The largest unpacked size of a delivery. CloudWatch Logs sends a tenth of it at most. */
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

/** The runner function's own line. It comes before the report of the same invocation. */
const foundNoRow = ({ code, requestId }: Fields): Said | undefined =>
  code === "ROW_TAKEN_BEFORE" ? { requestId: String(requestId), status: "no-row" } : undefined;

/** The end that a line of a runner function's log reports. Undefined: none. */
const endIn = (message: unknown, environment: string): InvocationEnd | undefined => {
  const line = parsed(message);
  const said = reported(line) ?? foundNoRow(line);
  if (said === undefined || !REQUEST_ID.test(said.requestId)) return undefined;
  return { ...said, environment };
};

/**
 * The ends in the lines of one log stream, each once. A delivery that found no row logs it a few milliseconds
 * before its report. Both usually arrive together, and the report is then left out.
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
 * The ends in one delivery of a log subscription, each once. Other lines are ignored.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
 */
export const endsIn = (event: unknown): readonly InvocationEnd[] => {
  const { messageType, logStream, logEvents } = unpacked(event);
  if (messageType !== "DATA_MESSAGE" || !Array.isArray(logEvents)) return [];
  const messages = logEvents.map((entry) => fieldsOf(entry).message);
  return endsOf(messages, logStream);
};
