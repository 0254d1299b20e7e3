import { defined } from "../../../Core/defined";
import { InvalidInputError } from "../../../Core/errors";
import { fieldsOf, textOf } from "../../../Core/input";
import type { Time } from "../../../Core/model/ledger";

/**
 * What "Record end report" is given, e.g. `{ "resourceId": "6f1c…", "reason": "invocation-ended", "beganAt": 1764… }`:
 * the report itself, or the reconciler's wish for another look, which names no begin.
 */
export interface EndReportEvent {
  /** The invocation's request id. */
  readonly resourceId: string;
  /** When the invocation that was reported began. Absent: unknown. */
  readonly beganAt?: Time;
}

const timeOf = (value: unknown): Time | undefined => {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new InvalidInputError("beganAt must be a time in milliseconds");
};

/** @throws InvalidInputError naming the field that is wrong */
export const parseEndReportEvent = (input: unknown): EndReportEvent => {
  const { resourceId, beganAt } = fieldsOf(input, "The event");
  return { resourceId: textOf(resourceId, "resourceId"), ...defined({ beganAt: timeOf(beganAt) }) };
};
