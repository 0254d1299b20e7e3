import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { Time } from "../../Core/model/ledger";
import type { LogGroup, LogKind } from "./log-groups";
import type { LogSubject } from "./log-subject";

/** One line of a job's log. */
export interface LogLine {
  readonly at: Time;
  readonly kind: LogKind;
  readonly source: string;
  readonly group: string;
  readonly stream: string;
  /** Tells it from all others of its group. */
  readonly id: string;
  /** As it was logged. */
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Undefined: the line is no JSON object. */
export const fieldsIn = (message: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};

/** A metric in the embedded format: CloudWatch's, not people's. */
export const isMetric = (message: string): boolean => fieldsIn(message)?._aws !== undefined;

/** Lambda's own lines have their ids one level deeper. */
const idsIn = (fields: Fields): readonly unknown[] => {
  const { record, jobId, busyJobId, runnerId, runnerIds, requestId, resourceId, execution, pk } = fields;
  const { requestId: ofPlatform } =
    typeof record === "object" && record !== null ? (record as Fields) : { requestId: undefined };
  const many = Array.isArray(runnerIds) ? runnerIds : [];
  return [jobId, busyJobId, runnerId, ...many, requestId, ofPlatform, resourceId, execution, pk];
};

/**
 * Whether a line is about the job. An emulator may take no notice of a pattern, and a runner's id may be another job's
 * request.
 *
 * @param executions ARNs of workflows that are known to be about it
 */
export const isAbout = (message: string, subject: LogSubject, executions: readonly string[]): boolean => {
  const fields = fieldsIn(message);
  if (fields === undefined) return false;
  const wanted: readonly unknown[] = [
    subject.jobId,
    ...subject.runnerIds,
    ...subject.resourceIds,
    ...executions,
    `job#${subject.jobId}`,
  ];
  return [...idsIn(fields), fields.execution_arn].some((id) => id !== undefined && wanted.includes(id));
};

/** How far a line's own clock may be from CloudWatch's. */
const CLOCK_ERROR = 10 * 60_000;

/** By the line's own time, which is exact: some come to CloudWatch together. */
export const timeOf = (message: string, timestamp: Time): Time => {
  const { time } = fieldsIn(message) ?? {};
  const own = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return Math.abs(own - timestamp) < CLOCK_ERROR ? own : timestamp;
};

export const lineOf = ({ name, kind, source }: LogGroup, event: FilteredLogEvent): LogLine => {
  const { timestamp = 0, message = "", logStreamName = "" } = event;
  return {
    at: timeOf(message, timestamp),
    kind,
    source,
    group: name,
    stream: logStreamName,
    id: `${name}\n${event.eventId ?? `${logStreamName} ${timestamp} ${message}`}`,
    message: message.trimEnd(),
  };
};

const QUIET: readonly string[] = ["level", "time", "code", "msg", "message", "ts"];

const valueText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** A line for people: what it says, then its fields. */
export const lineText = ({ message }: Pick<LogLine, "message">): string => {
  const fields = fieldsIn(message);
  if (fields === undefined) return message;
  const { level, code, msg, message: said } = fields;
  const words = [code, said ?? msg]
    .filter((word) => typeof word === "string")
    .map((word) => String(word).trim());
  const rest = Object.entries(fields)
    .filter(([name]) => !QUIET.includes(name))
    .map(([name, value]) => `${name}=${valueText(value)}`);
  const isLoud = typeof level === "string" && !/^(info|debug|trace)$/i.test(level);
  return [...(isLoud ? [level.toUpperCase()] : []), ...words, ...rest].join(" ");
};
