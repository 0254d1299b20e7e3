import { defined } from "../../../../Core/defined";
import { fieldsOf, textOf } from "../../../../Core/input";

/**
 * What "Record end report" is given: the report of an invocation's end, e.g. `{ "resourceId": "6f1c…", "status":
 * "success", "environment": "0123456789abcdef" }`, or the reconciler's wish for another look, which names the first alone.
 */
export interface EndReportEvent {
  /** The invocation's request id. */
  readonly resourceId: string;
  /** Stands for the execution environment. Absent: the one that was reported before. */
  readonly environment?: string;
  /** The delivery found its row taken and left: its end is not the runner's. */
  readonly isOtherDelivery: boolean;
}

/** @throws InvalidInputError naming the field that is wrong */
export const parseEndReportEvent = (input: unknown): EndReportEvent => {
  const { resourceId, environment, status } = fieldsOf(input, "The event");
  const isAbsent = environment === undefined || environment === "";
  return {
    resourceId: textOf(resourceId, "resourceId"),
    ...defined({ environment: isAbsent ? undefined : textOf(environment, "environment") }),
    isOtherDelivery: status === "no-row",
  };
};
