import { defined } from "../../../../Core/defined";
import { fieldsOf, textOf } from "../../../../Core/input";

/**
 * Input of "Record end report": an invocation's end, e.g. `{ "resourceId": "6f1c…", "status": "success",
 * "environment": "0123456789abcdef" }`. The reconciler asks for another check with `resourceId` alone.
 */
export interface EndReportEvent {
  /** The invocation's request id. */
  readonly resourceId: string;
  /** An id for the execution environment. Absent: that of the last report. */
  readonly environment?: string;
  /** This delivery found its bootstrap row taken and stopped, so its end is not the runner's end. */
  readonly isOtherDelivery: boolean;
}

/** @throws InvalidInputError naming the wrong field */
export const parseEndReportEvent = (input: unknown): EndReportEvent => {
  const { resourceId, environment, status } = fieldsOf(input, "The event");
  const isAbsent = environment === undefined || environment === "";
  return {
    resourceId: textOf(resourceId, "resourceId"),
    ...defined({ environment: isAbsent ? undefined : textOf(environment, "environment") }),
    isOtherDelivery: status === "no-row",
  };
};
