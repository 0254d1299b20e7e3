import type { BootstrapRow } from "../model/bootstrap-row";

/** Milliseconds. The figures follow from gitlab-runner's own: see docs/lambda-runner.md. */
export interface RunTimeouts {
  /** From the start until SIGQUIT, when no job came. */
  readonly wait: number;
  /** From SIGQUIT until SIGTERM: a poll in flight may be held 50 s, and a job that arrives in it is run to its end. */
  readonly poll: number;
  /** From the start until a job is interrupted. */
  readonly interrupt: number;
  /** From the moment at which a job is over until its remaining processes get SIGTERM; the runner has sent them one before. */
  readonly jobTermDelay: number;
  /** From that until SIGKILL. */
  readonly jobKillDelay: number;
  /** From the runner's own SIGTERM until SIGKILL: it gives up after 30 s. */
  readonly kill: number;
  /** From a rejected token until SIGKILL. */
  readonly rejected: number;
  /** From the job's end until SIGKILL: the last report's retries fit into it. */
  readonly report: number;
}

const SECOND = 1_000;

/** Kept before Lambda's limit for the runner's report (30 s), for cleaning and for Lambda. */
const MARGIN = 60 * SECOND;

/**
 * The timeouts of one run.
 *
 * @param remaining milliseconds until Lambda ends the function
 */
export const runTimeouts = (
  row: Pick<BootstrapRow, "waitTimeoutSeconds" | "lifetimeSeconds">,
  remaining: number,
): RunTimeouts => ({
  wait: row.waitTimeoutSeconds * SECOND,
  poll: 60 * SECOND,
  interrupt: Math.max(SECOND, Math.min(row.lifetimeSeconds * SECOND, remaining) - MARGIN),
  jobTermDelay: 5 * SECOND,
  jobKillDelay: 3 * SECOND,
  kill: 35 * SECOND,
  rejected: 1.5 * SECOND,
  report: 60 * SECOND,
});
