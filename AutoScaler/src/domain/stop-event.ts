import { InvalidInputError } from "../../../Core/errors";
import { type JobEvent, parseJobEvent } from "../../../Core/job-event";

/** What stop-runner is started with. */
export type StopEvent =
  | { readonly kind: "job"; readonly job: JobEvent }
  | {
      readonly kind: "runner";
      readonly runnerId?: number;
      readonly resourceId?: string;
      readonly reason: string;
    };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A transformer's placeholder without a value arrives as "". */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === "";

const runnerIdOf = (value: unknown): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    throw new InvalidInputError("runnerId must be a positive whole number");
  }
  return value;
};

const resourceIdOf = (value: unknown): string => {
  if (typeof value !== "string" || value.length > 200) {
    throw new InvalidInputError("resourceId must be a string of at most 200 characters");
  }
  return value;
};

/**
 * Parses the input of stop-runner: a job event, or `{ runnerId?, resourceId?, reason }`.
 *
 * @throws InvalidInputError naming the field that is wrong
 */
export const parseStopEvent = (input: unknown): StopEvent => {
  if (!isRecord(input)) throw new InvalidInputError("The event must be a JSON object");
  if (Object.hasOwn(input, "object_kind")) return { kind: "job", job: parseJobEvent(input) };
  const { runnerId, resourceId, reason } = input;
  if (isAbsent(runnerId) && isAbsent(resourceId)) {
    throw new InvalidInputError("The event must name a runnerId or a resourceId");
  }
  return {
    kind: "runner",
    ...(isAbsent(runnerId) ? {} : { runnerId: runnerIdOf(runnerId) }),
    ...(isAbsent(resourceId) ? {} : { resourceId: resourceIdOf(resourceId) }),
    reason: typeof reason === "string" ? reason : "",
  };
};

const STATE_REASON = /^instance (\S+)$/;

/** What EC2 says of the instance, from the reason of its event; undefined for other reasons. */
const instanceState = ({ reason }: { readonly reason: string }): string | undefined =>
  STATE_REASON.exec(reason)?.[1];

/** Known dead is `terminated` or `stopped`, nothing else (trace 7). */
export const saysDead = (event: { readonly reason: string }): boolean =>
  ["terminated", "stopped"].includes(instanceState(event) ?? "");

/**
 * An instance that comes up ends nothing, and one that goes down is not down yet: an instance leaves by itself when its
 * job is over, so the job's end is under way anyway, and asking GitLab for both would cost twice (I-25).
 */
export const saysNothing = (event: { readonly reason: string }): boolean =>
  instanceState(event) !== undefined && !saysDead(event);

/** EC2 will take the instance back, or may: a hint. */
export const saysInterrupted = ({ reason }: { readonly reason: string }): boolean =>
  reason === "spot interruption" || reason === "rebalance recommendation";
