import type { BootstrapRow } from "../../../Core/bootstrap-row";
import type { Limits } from "./watch";

const SECOND = 1_000;

/** Before Lambda's own limit a minute is kept: for the runner to report (30 s), for cleaning, for Lambda. */
const MARGIN = 60 * SECOND;

/**
 * The times of one run.
 *
 * @param remaining milliseconds until Lambda ends the function
 */
export const runLimits = (
  row: Pick<BootstrapRow, "waitTimeoutSeconds" | "lifetimeSeconds">,
  remaining: number,
): Limits => ({
  wait: row.waitTimeoutSeconds * SECOND,
  patience: 60 * SECOND,
  interrupt: Math.max(SECOND, Math.min(row.lifetimeSeconds * SECOND, remaining) - MARGIN),
  stubborn: 10 * SECOND,
  grace: 35 * SECOND,
  rejected: 1.5 * SECOND,
  report: 60 * SECOND,
});
