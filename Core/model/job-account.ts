import { defined } from "../defined";
import { claimDueAt, launchDueAt, nextAttemptAt } from "../queue/retry-schedule";
import { endOfJob } from "./job-end";
import {
  type Attempt,
  isLeased,
  isQueued,
  isReassigned,
  isSpent,
  isUsedUp,
  type Runner,
  type Time,
} from "./ledger";
import { hadLostRunner } from "./lost-job";
import type { AttemptFailureCode, LaunchHoldCode, WaitingFor } from "./reasons";

/**
 * The state of a job according to the ledger: what it waits for, since when, and when it is tried next. The
 * command line and the laptop's page show it in the words of job-account-words.ts. The questions have the
 * same order as in AutoScaler's next-step.ts, which acts on the answers.
 */

export const JOB_ACCOUNT_CODES = [
  /** A slot under the concurrency limits. */
  "waits-for-slot",
  /** New starts are paused. */
  "waits-for-resume",
  "waits-for-launch-rate",
  /** Its project's budget is spent. */
  "waits-for-budget",
  /** GitLab named a time before which it creates no runner. */
  "waits-for-gitlab",
  "start-under-way",
  /** A start died before it had a runner. */
  "start-stopped",
  "launch-under-way",
  /** A start died after it created the runner's record and before the launch. */
  "launch-stopped",
  "launch-held-capacity",
  "launch-held-limit",
  "launch-held-rate",
  "launch-held-not-ready",
  "launch-held-spot-role",
  "launch-held-other",
  "launch-held-no-answer",
  /** Launched, but it has not taken the job yet. */
  "runner-starting",
  "runner-unknown",
  /** The attempt failed, and another follows by itself. */
  "next-attempt",
  /** The attempt failed, and no other follows by itself. */
  "given-up",
  "running",
  /** The ledger does not know the job's end, but its runner is ending or gone. */
  "runner-lost",
  /** The job has ended; its runner is not gone yet. */
  "runner-ending",
  /** The job has ended and its runner is gone, but GitLab's record of it still has to be deleted. */
  "record-remaining",
  "ended",
  "ended-at-lifetime",
  /** The job failed, and its instance died before it was told to end. */
  "ended-with-instance",
] as const;
export type JobAccountCode = (typeof JOB_ACCOUNT_CODES)[number];

/** What is known in addition to the ledger's items. */
export interface AccountSettings {
  /** Absent: not known. */
  readonly startsAreOn?: boolean;
}

export interface JobAccount {
  readonly code: JobAccountCode;
  /** The job's last attempt, which the account describes. */
  readonly attempt: Attempt;
  /** The runner that ran the job, or else the attempt's own, if the ledger has it. */
  readonly runner?: Runner;
  readonly since?: Time;
  /** A past time means: with the next pass, within a minute. Absent: something else has to happen first. */
  readonly nextTryAt?: Time;
  /** Why the attempt failed. */
  readonly reason?: AttemptFailureCode;
}

type Found = Omit<JobAccount, "attempt" | "runner">;

const WAITS: Readonly<Record<WaitingFor, JobAccountCode>> = {
  slot: "waits-for-slot",
  "starts-on": "waits-for-resume",
  "launch-rate": "waits-for-launch-rate",
  gitlab: "waits-for-gitlab",
  budget: "waits-for-budget",
};

const HELD: Readonly<Record<LaunchHoldCode, JobAccountCode>> = {
  capacity: "launch-held-capacity",
  limit: "launch-held-limit",
  rate: "launch-held-rate",
  "not-ready": "launch-held-not-ready",
  "spot-role": "launch-held-spot-role",
  other: "launch-held-other",
  "no-answer": "launch-held-no-answer",
};

const at = (since: Time | undefined): { readonly since?: Time } => defined({ since });

const queued = (attempt: Attempt, runner: Runner | undefined): Found => {
  const { waitingFor = "slot", times } = attempt;
  const since = times.WAITING ?? runner?.heldSince ?? times.CREATED;
  const found = { code: WAITS[waitingFor], ...at(since) };
  if (waitingFor === "launch-rate") return { ...found, nextTryAt: launchDueAt(attempt) };
  if (waitingFor !== "gitlab") return found;
  return { ...found, ...at(attempt.throttledSince ?? since), nextTryAt: attempt.notBefore ?? 0 };
};

const claimed = (attempt: Attempt, now: Time): Found =>
  isLeased(attempt, now)
    ? { code: "start-under-way", ...at(attempt.times.CLAIMED) }
    : { code: "start-stopped", ...at(attempt.times.CLAIMED), nextTryAt: claimDueAt(attempt) };

const notLaunched = (attempt: Attempt, runner: Runner, now: Time): Found => {
  const { CREATED } = attempt.times;
  if (isLeased(runner, now)) return { code: "launch-under-way", ...at(CREATED) };
  const nextTryAt = launchDueAt(attempt);
  return runner.heldBy === undefined
    ? { code: "launch-stopped", ...at(CREATED), nextTryAt }
    : { code: HELD[runner.heldBy], ...at(runner.heldSince ?? CREATED), nextTryAt };
};

const withRunner = (attempt: Attempt, runner: Runner | undefined, now: Time): Found => {
  if (runner === undefined || runner.adopted) return { code: "runner-unknown", ...at(attempt.times.CREATED) };
  if (runner.state === "BUSY") return { code: "running", ...at(runner.times.BUSY) };
  if (runner.resourceId === undefined) return notLaunched(attempt, runner, now);
  return { code: "runner-starting", ...at(runner.times.LAUNCHED ?? attempt.times.LAUNCHED) };
};

/** Why the attempt failed, and since when this is known. */
const lossOf = (attempt: Attempt, runner: Runner | undefined): Pick<JobAccount, "reason" | "since"> => {
  if (attempt.state === "FAILED") {
    return { ...(attempt.reason ? { reason: attempt.reason } : {}), ...at(attempt.times.FAILED) };
  }
  if (isReassigned(attempt, runner)) return { reason: "job-reassigned", ...at(runner?.times.BUSY) };
  const reason = runner?.reason ?? "end-under-way";
  return { reason, ...at(runner?.times.ENDING ?? runner?.times.GONE) };
};

const spent = (
  attempt: Attempt,
  runner: Runner | undefined,
  { startsAreOn = true }: AccountSettings,
): Found => {
  const loss = lossOf(attempt, runner);
  if (isUsedUp(attempt, runner)) return { code: "given-up", ...loss };
  const next = startsAreOn ? { nextTryAt: nextAttemptAt(attempt, runner) } : {};
  return { code: "next-attempt", ...loss, ...next };
};

const running = (attempt: Attempt, runner: Runner | undefined): Found => {
  const isLost = runner?.state === "ENDING" || runner?.state === "GONE";
  if (!isLost) return { code: "running", ...at(attempt.times.RUNNING) };
  const since = runner.times.ENDING ?? runner.times.GONE;
  return { code: "runner-lost", reason: runner.reason ?? "end-under-way", ...at(since) };
};

const ended = (attempt: Attempt, runner: Runner | undefined): Found => {
  const isLost = attempt.outcome === undefined && hadLostRunner(attempt);
  const found = isLost
    ? { code: "runner-lost" as const, reason: attempt.reason ?? "end-under-way" }
    : endOfJob(attempt, runner);
  return { ...found, ...at(attempt.times.ENDED) };
};

const find = (attempt: Attempt, runner: Runner | undefined, now: Time, settings: AccountSettings): Found => {
  if (attempt.state === "RUNNING") return running(attempt, runner);
  if (attempt.state === "ENDED") return ended(attempt, runner);
  if (isSpent(attempt, runner)) return spent(attempt, runner, settings);
  if (isQueued(attempt)) return queued(attempt, runner);
  return attempt.state === "CLAIMED" ? claimed(attempt, now) : withRunner(attempt, runner, now);
};

/** The runner that an account describes: the one that ran the job, or else the attempt's own. */
export const accountRunnerId = ({ state, runnerId, ranOnRunnerId }: Attempt): number | undefined =>
  state === "RUNNING" || state === "ENDED" ? (ranOnRunnerId ?? runnerId) : runnerId;

/**
 * The state of the job of an attempt. A pure function.
 *
 * @param attempt the job's last attempt
 * @param runner that of `accountRunnerId`, if the ledger has it
 */
export const jobAccount = (
  attempt: Attempt,
  runner: Runner | undefined,
  now: Time,
  settings: AccountSettings = {},
): JobAccount => ({ ...find(attempt, runner, now, settings), attempt, ...defined({ runner }) });
