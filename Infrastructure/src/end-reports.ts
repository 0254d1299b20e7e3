import { gunzipSync } from "node:zlib";
import { log } from "../../Core/log";

/** What goes on the bus of one invocation's end. Job code may have written the line: a hint, and nothing of its text. */
export interface InvocationEnd {
  /** Of the asynchronous invoke, which the ledger knows. */
  readonly requestId: string;
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly beganAt: number;
}

const STATUSES = ["success", "error", "failure", "timeout"];
const REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What one delivery may unpack to: CloudWatch Logs sends a tenth of it at most. */
const MAX_BYTES = 10 * 1024 * 1024;
const DAY = 24 * 3_600_000;

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

/**
 * A line of Lambda's JSON system log, e.g. `{"time":"2026-11-29T12:00:00.000Z","type":"platform.report","record":
 * {"requestId":"6f1c…","status":"success","metrics":{"durationMs":812.4}}}`. Undefined: another line.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
 */
export const endIn = (message: unknown): InvocationEnd | undefined => {
  const { type, time, record } = parsed(message);
  const { requestId, status, metrics } = fieldsOf(record);
  const endedAt = Date.parse(String(time));
  const lasted = Number(fieldsOf(metrics).durationMs ?? 0);
  const isEnd = type === "platform.report" && typeof requestId === "string" && REQUEST_ID.test(requestId);
  if (!isEnd || !STATUSES.includes(String(status))) return undefined;
  if (!(endedAt > 0) || !(lasted >= 0) || lasted > DAY) return undefined;
  return { requestId, status: String(status), beganAt: Math.round(endedAt - lasted) };
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
 * The ends that a delivery of a log subscription tells of, each request once. Lines that are none are left out.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
 */
export const endsIn = (event: unknown): readonly InvocationEnd[] => {
  const { messageType, logEvents } = unpacked(event);
  if (messageType !== "DATA_MESSAGE" || !Array.isArray(logEvents)) return [];
  const ends = logEvents.flatMap((entry) => endIn(fieldsOf(entry).message) ?? []);
  return [...new Map(ends.map((end) => [end.requestId, end])).values()];
};
