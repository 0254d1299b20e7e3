import { defined } from "../../../Core/defined";
import { InvalidInputError } from "../../../Core/errors";
import { type JobEvent, parseJobEvent } from "../../../Core/model/job-event";
import {
  codeOf,
  INSTANCE_DEATH_CODES,
  INSTANCE_STATE_CODES,
  INTERRUPTION_CODES,
  type InstanceDeathCode,
  type InterruptionCode,
  STOP_CODES,
  type StopCode,
} from "../../../Core/model/reasons";

/** The parsed input of stop-runner. */
export type StopEvent =
  | { readonly kind: "job"; readonly job: JobEvent }
  | {
      readonly kind: "runner";
      readonly runnerId?: number;
      readonly resourceId?: string;
      /** Absent: the event has no reason that this version knows. Its runner is checked like any other. */
      readonly reason?: StopCode;
    };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An input transformer's placeholder without a value becomes "". */
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
 * @throws InvalidInputError naming the wrong field
 */
export const parseStopEvent = (input: unknown): StopEvent => {
  if (!isRecord(input)) throw new InvalidInputError("The event must be a JSON object");
  if (Object.hasOwn(input, "object_kind")) return { kind: "job", job: parseJobEvent(input) };
  const { runnerId, resourceId } = input;
  const reason = codeOf(STOP_CODES, input.reason);
  if (isAbsent(runnerId) && isAbsent(resourceId)) {
    throw new InvalidInputError("The event must name a runnerId or a resourceId");
  }
  return {
    kind: "runner",
    ...(isAbsent(runnerId) ? {} : { runnerId: runnerIdOf(runnerId) }),
    ...(isAbsent(resourceId) ? {} : { resourceId: resourceIdOf(resourceId) }),
    ...defined({ reason }),
  };
};

type Said = { readonly reason?: StopCode };

/** EC2 reports that the instance is dead: `terminated` or `stopped`, nothing else (trace 7). */
export const deathOf = ({ reason }: Said): InstanceDeathCode | undefined =>
  codeOf(INSTANCE_DEATH_CODES, reason);

/**
 * True for instance states that end nothing: coming up, or going down but not down yet. An instance stops by
 * itself after its job, whose end is under way. Handling both would double the GitLab calls (I-25).
 */
export const saysNothing = (event: Said): boolean =>
  codeOf(INSTANCE_STATE_CODES, event.reason) !== undefined && deathOf(event) === undefined;

/** EC2 will reclaim the instance, or may do so. This is a hint. */
export const interruptionOf = ({ reason }: Said): InterruptionCode | undefined =>
  codeOf(INTERRUPTION_CODES, reason);
