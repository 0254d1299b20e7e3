import { defined } from "../defined";
import { InvalidInputError } from "../errors";

/** The five statuses for which GitLab sends a webhook, of thirteen: https://docs.gitlab.com/api/jobs/ */
export const HOOK_STATUSES = ["created", "pending", "running", "success", "failed", "canceled"] as const;
export type JobStatus = (typeof HOOK_STATUSES)[number];

/** The final statuses of a job. */
export const END_STATUSES: readonly string[] = ["success", "failed", "canceled", "skipped"];

/** The bus sources of what GitLab sends, and of what an operator sends again. An attempt in such an event is ignored. */
const HINT_SOURCES: readonly unknown[] = ["gitlab.webhook", "gitlab.redrive"];

/**
 * A job event as the rules hand it on: its source and the fields of GitLab's webhook that we read.
 *
 * @example { "source": "gitlab.webhook", "object_kind": "build", "build_id": 3580121225, "build_name": "test
 *   1/3", "build_status": "pending", "project_id": 42, "runner": { "id": "" }, "attempt": "", "time":
 *   "2026-11-25T12:00:00Z" }
 */
export interface JobEvent {
  readonly jobId: number;
  readonly projectId: number;
  /** Payload text: a hint in verified mode, the job's name in payload mode. */
  readonly jobName: string;
  readonly status: JobStatus;
  readonly runnerId?: number;
  /** From GitLab's webhook, or from anyone who has its secret. Absent: the event is ours. */
  readonly isWebhook?: true;
  /** From `gitlab.reconciler` only: a hint against duplicates. */
  readonly attempt?: number;
  /**
   * An operator asks for one more attempt after this one, although all are used up. It is valid only while
   * this attempt is the job's last, so a repeat opens no second one. Only the command `start` sends it.
   */
  readonly again?: number;
  /** When it reached the bus, by EventBridge's clock, in milliseconds since 1970. Absent: it does not say. */
  readonly receivedAt?: number;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const own = (record: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** An input transformer's placeholder without a value becomes "", so "", null and undefined are the same. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === "";

const positiveInteger = (value: unknown, field: string): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    throw new InvalidInputError(
      `${field} must be a positive whole number below 2^53: send GitLab's own job event`,
    );
  }
  return value;
};

const optionalPositiveInteger = (value: unknown, field: string): number | undefined =>
  isAbsent(value) ? undefined : positiveInteger(value, field);

/** A figure for people: what is no time is as if it were absent. */
const optionalTime = (value: unknown): number | undefined => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
};

/** True if a workflow's input, of any shape, came as a webhook or was sent again by an operator. */
export const isFromWebhook = (input: unknown): boolean =>
  isRecord(input) && HINT_SOURCES.includes(own(input, "source"));

/**
 * Parses a workflow's input into a job event.
 *
 * @throws InvalidInputError naming the wrong field
 */
export const parseJobEvent = (input: unknown): JobEvent => {
  if (!isRecord(input))
    throw new InvalidInputError("The event must be a JSON object: send GitLab's own job event");
  if (own(input, "object_kind") !== "build") {
    throw new InvalidInputError(
      'object_kind must be "build": point the job events webhook here, no other kind',
    );
  }
  const status = HOOK_STATUSES.find((known) => known === own(input, "build_status"));
  if (status === undefined) {
    throw new InvalidInputError(`build_status must be one of ${HOOK_STATUSES.join(", ")}`);
  }
  const name = own(input, "build_name");
  if (!isAbsent(name) && typeof name !== "string") throw new InvalidInputError("build_name must be a string");
  const runner = own(input, "runner");
  const runnerId = optionalPositiveInteger(isRecord(runner) ? own(runner, "id") : runner, "runner.id");
  const isWebhook = isFromWebhook(input) || undefined;
  const attempt = isWebhook ? undefined : optionalPositiveInteger(own(input, "attempt"), "attempt");
  const again = optionalPositiveInteger(own(input, "again"), "again");
  return {
    jobId: positiveInteger(own(input, "build_id"), "build_id"),
    projectId: positiveInteger(own(input, "project_id"), "project_id"),
    jobName: typeof name === "string" ? name : "",
    status,
    ...defined({ runnerId, isWebhook, attempt, again, receivedAt: optionalTime(own(input, "time")) }),
  };
};
