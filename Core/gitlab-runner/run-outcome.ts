import type { RequestFailure } from "./request-failure";
import type { JobEnd } from "./runner-log";

type WithKind<F> = F extends { readonly code: infer K } ? Omit<F, "code"> & { readonly kind: K } : never;

/** How a run of gitlab-runner ended. The kinds are the codes of log, metric and documentation. */
export type RunOutcome =
  /** GitLab answered that it had no job. */
  | { readonly kind: "no-job" }
  /** See RequestFailure. Unless it is a rejection, GitLab had not answered any request. */
  | WithKind<RequestFailure>
  /** The environment was shut down before GitLab answered anything. */
  | { readonly kind: "stopped" }
  /** GitLab has the job's result. `interrupted`: at the end of the lifetime, or because the environment was shut down. */
  | ({ readonly kind: "job-ended"; readonly interrupted: boolean } & JobEnd)
  /** GitLab may still show the job as running. */
  | { readonly kind: "job-lost"; readonly jobId: number; readonly reason: string }
  /** The environment's disk is full: GitLab was not asked. The next attempt gets another environment. */
  | { readonly kind: "no-space"; readonly reason: string }
  | { readonly kind: "runner-failed"; readonly reason: string };

/** The outcomes that the function returns. The others are thrown, so that Lambda counts an error. */
export type SoundOutcome = Extract<
  RunOutcome,
  { readonly kind: "no-job" | "job-ended" | "stopped" | "rejected" | "throttled" }
>;

const INFO: readonly RunOutcome["kind"][] = ["no-job", "job-ended", "stopped"];

/**
 * A token is also rejected after an ordinary cancel, when AutoScaler has deleted the runner; only AutoScaler can tell. The job
 * of a throttled runner gets its next attempt. So neither is an error.
 */
const WARN: readonly RunOutcome["kind"][] = ["rejected", "throttled"];

export const levelOf = (outcome: RunOutcome): "info" | "warn" | "error" => {
  if (INFO.includes(outcome.kind)) return "info";
  return WARN.includes(outcome.kind) ? "warn" : "error";
};

export const isSound = (outcome: RunOutcome): outcome is SoundOutcome => levelOf(outcome) !== "error";

const NO_SPACE = ["ENOSPC", "EDQUOT"];

/** Why gitlab-runner was not started: the job's folders could not be made. */
export const notPrepared = (error: unknown): RunOutcome => {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return NO_SPACE.includes(code)
    ? { kind: "no-space", reason: message }
    : { kind: "runner-failed", reason: `The job's folders could not be made: ${message}` };
};

export const fromRequestFailure = ({ code, ...fields }: RequestFailure): RunOutcome =>
  ({ kind: code, ...fields }) as WithKind<RequestFailure>;
