import type { RequestFailure } from "./request-failure";
import type { JobEnd } from "./runner-log";

type WithKind<F> = F extends { readonly code: infer K } ? Omit<F, "code"> & { readonly kind: K } : never;

/** How a run of gitlab-runner ended. The kinds are codes: log, metric and documentation have the same. */
export type RunOutcome =
  /** GitLab was asked and had no job. */
  | { readonly kind: "no-job" }
  /** See RequestFailure: the last request failed, and GitLab never had an answer before. */
  | WithKind<RequestFailure>
  /** The environment was shut down before GitLab answered anything. */
  | { readonly kind: "stopped" }
  /** GitLab knows the end. `interrupted`: by us, because the time was over or the environment shut down. */
  | ({ readonly kind: "job-ended"; readonly interrupted: boolean } & JobEnd)
  /** GitLab may still show the job as running. */
  | { readonly kind: "job-lost"; readonly jobId: number; readonly reason: string }
  | { readonly kind: "runner-failed"; readonly reason: string };

/** No fault: the function returns them. The rest is thrown, so that Lambda counts an error. */
export type SoundOutcome = Extract<
  RunOutcome,
  { readonly kind: "no-job" | "job-ended" | "stopped" | "rejected" | "throttled" }
>;

const INFO: readonly RunOutcome["kind"][] = ["no-job", "job-ended", "stopped"];

/**
 * A rejected token may be an ordinary cancel, after which the control plane deletes the runner: only it can tell. A
 * throttled runner's job gets its next attempt. Both are worth a warning and no more.
 */
const WARN: readonly RunOutcome["kind"][] = ["rejected", "throttled"];

export const levelOf = (outcome: RunOutcome): "info" | "warn" | "error" => {
  if (INFO.includes(outcome.kind)) return "info";
  return WARN.includes(outcome.kind) ? "warn" : "error";
};

export const isSound = (outcome: RunOutcome): outcome is SoundOutcome => levelOf(outcome) !== "error";

export const fromRequestFailure = ({ code, ...fields }: RequestFailure): RunOutcome =>
  ({ kind: code, ...fields }) as WithKind<RequestFailure>;
