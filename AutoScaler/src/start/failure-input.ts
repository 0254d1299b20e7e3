import { defined } from "../../../Core/defined";
import { InvalidInputError } from "../../../Core/errors";
import type { Fields } from "../../../Core/fields";
import { fieldsOf } from "../../../Core/input";
import { parseJobEvent } from "../../../Core/model/job-event";
import type { FailureAbout, WorkflowFailure } from "./record-failure";

const text = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);

/** The job that a start failed for; undefined for ends and for what is no job event. */
const jobOf = (event: Fields): WorkflowFailure["job"] => {
  if (event.object_kind !== "build" || event.build_status !== "pending") return undefined;
  try {
    return parseJobEvent(event);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
};

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
const idIn = (...values: readonly unknown[]): number | undefined => values.find(isId);
/** An instance's id, a request's id or an ARN: what an event says it is may be anything. */
const nameIn = (value: unknown): string | undefined =>
  typeof value === "string" && /^[\w:/.-]{1,300}$/.test(value) ? value : undefined;

/** A start's input is a job event, a stop's too or `{ runnerId?, resourceId? }`; in its Map it is the order of one end. */
const aboutOf = (event: Fields, execution: unknown): FailureAbout => {
  const { endedJob } = event;
  const ended =
    typeof endedJob === "object" && endedJob !== null && "id" in endedJob ? endedJob.id : undefined;
  return defined({
    jobId: idIn(event.build_id, ended),
    runnerId: idIn(event.runnerId),
    resourceId: nameIn(event.resourceId),
    execution: nameIn(execution),
  });
};

/**
 * What a Catch hands on: `{ event: <the state's whole input>, error: { Error, Cause }, execution }`.
 *
 * @throws InvalidInputError when it is no object
 */
export const parseFailure = (input: unknown): WorkflowFailure => {
  const { event, error, execution } = fieldsOf(input, "The failure");
  const whole = fieldsOf(event, "event");
  const caught = fieldsOf(error, "error");
  const job = jobOf(whole);
  return {
    ...defined({ job }),
    isLookUp: whole.lookup === undefined,
    error: text(caught.Error, "unknown"),
    cause: text(caught.Cause, ""),
    about: aboutOf(whole, execution),
  };
};
