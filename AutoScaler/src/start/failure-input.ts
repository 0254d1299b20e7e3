import { defined } from "../../../Core/defined";
import { InvalidInputError } from "../../../Core/errors";
import type { Fields } from "../../../Core/fields";
import { fieldsOf } from "../../../Core/input";
import { parseJobEvent } from "../../../Core/model/job-event";
import type { WorkflowFailure } from "./record-failure";

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

/**
 * What a Catch hands on: `{ event: <the state's whole input>, error: { Error, Cause } }`.
 *
 * @throws InvalidInputError when it is no object
 */
export const parseFailure = (input: unknown): WorkflowFailure => {
  const { event, error } = fieldsOf(input, "The failure");
  const whole = fieldsOf(event, "event");
  const caught = fieldsOf(error, "error");
  const job = jobOf(whole);
  return {
    ...defined({ job }),
    isLookUp: whole.lookup === undefined,
    error: text(caught.Error, "unknown"),
    cause: text(caught.Cause, ""),
  };
};
