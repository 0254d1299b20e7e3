import { defined } from "../defined";
import type { JobAccount, JobAccountCode } from "./job-account";
import { countedAttempts, MAX_ATTEMPTS, type Time } from "./ledger";
import { cleanedUpBy, LOST_JOB_REMEDY } from "./lost-job";
import {
  FAILURE_REMEDIES,
  failureText,
  INSTALL_REMEDY,
  LAUNCH_HOLD_WORDS,
  RUNNER_END_WORDS,
  WAITING_WORDS,
} from "./reason-words";
import type { InstallFailure, LaunchHoldCode, WaitingFor } from "./reasons";
import { duration, moment } from "./time-words";

/** A job's account in words for people. No rule reads them. */
export interface AccountWords {
  /** For a table: what the job waits for, or its state, in a few words. */
  readonly short: string;
  /** A sentence, without times. */
  readonly what: string;
  /** What a person can do, a sentence without its full stop. Absent: nothing needs to be done. */
  readonly remedy?: string;
}

type Words = (account: JobAccount) => AccountWords;

const said = (detail: string | undefined): string => (detail === undefined ? "" : `: ${detail}`);

const waits =
  (waitingFor: WaitingFor, remedy?: string): Words =>
  () => ({
    short: WAITING_WORDS[waitingFor].short,
    what: `It waits for ${WAITING_WORDS[waitingFor].long}.`,
    ...(remedy ? { remedy } : {}),
  });

const held =
  (heldBy: LaunchHoldCode, short: string, remedy?: string): Words =>
  ({ runner }) => ({
    short,
    what: `Its runner is not launched: ${LAUNCH_HOLD_WORDS[heldBy]}${said(runner?.detail)}.`,
    ...(remedy ? { remedy } : {}),
  });

const plain =
  (short: string, what: string, remedy?: string): Words =>
  () => ({ short, what, ...(remedy ? { remedy } : {}) });

/** What is noted beside the code, of the attempt or of the runner. */
const noted = ({ attempt, runner }: JobAccount): { detail?: string; installFailure?: InstallFailure } => {
  const { detail, installFailure } = attempt.state === "FAILED" ? attempt : (runner ?? {});
  return defined({ detail, installFailure });
};

const lossText = (account: JobAccount): string => {
  const { reason, runner } = account;
  const job = reason === "job-reassigned" ? runner?.busyJobId : undefined;
  if (job !== undefined) return `its runner took job ${job}`;
  return failureText({ ...defined({ reason }), ...noted(account) });
};

const outcome = ({ attempt }: JobAccount): string =>
  [attempt.outcome, attempt.failureReason].filter(Boolean).join(", ") || "its outcome is not noted";

const lifetimeRemedy = ({ attempt, runner }: JobAccount): string => {
  const { name = "default", type } = runner?.order?.runnerClass ?? attempt.order?.runnerClass ?? {};
  const map = "map the job to EC2 when it needs more than 15 minutes";
  const where =
    name !== "default"
      ? `Raise "lifetimeSeconds" of the class ${JSON.stringify(name)} in the mapping`
      : `Raise "lifetimeSeconds" of ${type ?? "EC2"} in the mapping's class default`;
  return type === "LAMBDA" ? `${where} and TimeoutSeconds of the function, or ${map}` : where;
};

const lifetimeText = ({ attempt, runner }: JobAccount): string => {
  const { lifetimeSeconds } = runner?.order?.runnerClass ?? attempt.order?.runnerClass ?? {};
  return lifetimeSeconds === undefined ? "all the time" : `the ${duration(lifetimeSeconds * 1_000)}`;
};

/** What puts right why the attempt failed, before what a person has to do then. */
const remedyOf = (account: JobAccount, then?: string): { readonly remedy?: string } => {
  const { reason } = account;
  const first = noted(account).installFailure ? INSTALL_REMEDY : reason && FAILURE_REMEDIES[reason];
  const remedy = [first, then].filter(Boolean).join(". ");
  return remedy === "" ? {} : { remedy };
};

/** Made once for an account. Who may make it is an operator: our functions may make no roles. */
export const SPOT_ROLE_REMEDY =
  "Make the role once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com";

/** A job keeps its tags: no further attempt of it helps against wrong ones. */
const againText = ({ reason, attempt }: JobAccount): string | undefined =>
  reason === "bad-tags" ? undefined : `When that is put right: npx runners start ${attempt.jobId} --again`;

const RESUME = "When starts may go on: npx runners resume";

const WORDS: Readonly<Record<JobAccountCode, Words>> = {
  "waits-for-slot": waits(
    "slot",
    "To have more at a time, raise maxRunners of its class, or the limits in the mapping's settings",
  ),
  "waits-for-resume": waits("starts-on", RESUME),
  "waits-for-launch-rate": waits("launch-rate"),
  "waits-for-gitlab": waits("gitlab"),
  "waits-for-budget": waits(
    "budget",
    "To start it now, raise the project's budget in the mapping's settings, or set its \"hold\" to false; npx runners cost shows what it went for",
  ),
  "start-under-way": plain("its start", "Its start is under way."),
  "start-stopped": plain("its start", "Its start stopped before it had a runner, and is taken over."),
  "launch-under-way": plain("its launch", "Its runner is being launched."),
  "launch-stopped": plain(
    "its launch",
    "Its start stopped before its runner was launched, and is gone on with.",
  ),
  "launch-held-capacity": held(
    "capacity",
    "capacity",
    "Give its class more instance types, or allow both markets",
  ),
  "launch-held-limit": held(
    "limit",
    "AWS's limit",
    "Ask AWS for more (Service Quotas names the limit), or lower maxRunners in the mapping's settings so that jobs wait for a slot",
  ),
  "launch-held-rate": held("rate", "AWS's rate"),
  "launch-held-not-ready": held("not-ready", "its function"),
  "launch-held-spot-role": held("spot-role", "the spot role", SPOT_ROLE_REMEDY),
  "launch-held-other": held("other", "AWS"),
  "launch-held-no-answer": held("no-answer", "AWS's answer"),
  "runner-starting": plain("its runner", "Its runner is launched and has not taken the job yet."),
  "runner-unknown": ({ attempt }) => ({
    short: "unknown runner",
    what: `The ledger does not have its runner ${attempt.runnerId ?? "(no id is noted)"}.`,
    remedy: "Cancel the job in GitLab and run it again",
  }),
  "next-attempt": (account) => ({
    short: "its next attempt",
    what: `Attempt ${account.attempt.attempt} came to nothing: ${lossText(account)}. Another one follows${
      account.nextTryAt === undefined ? " when new starts are resumed" : ""
    }.`,
    ...remedyOf(account, account.nextTryAt === undefined ? RESUME : undefined),
  }),
  "given-up": (account) => ({
    short: "nothing: given up",
    what: `No runner could be started: ${lossText(account)}. ${
      countedAttempts(account.attempt) >= MAX_ATTEMPTS
        ? `All ${MAX_ATTEMPTS} attempts are used up`
        : "No attempt follows"
    }.`,
    ...remedyOf(account, againText(account)),
  }),
  running: plain("running", "The job is running."),
  "runner-lost": ({ reason, runner }) => ({
    short: "lost its runner",
    what: `The job was running, and its runner is ${runner?.state === "GONE" ? "gone" : "being ended"}: ${failureText(
      { ...(reason ? { reason } : {}), ...(runner?.detail ? { detail: runner.detail } : {}) },
    )}. Its end in GitLab is not noted yet.`,
    remedy: LOST_JOB_REMEDY,
  }),
  "runner-ending": (account) => ({
    short: "over",
    what: `The job is over (${outcome(account)}); its runner is being ended.`,
  }),
  "record-remaining": (account) => ({
    short: "over",
    what: `The job is over (${outcome(account)}) and its runner gone; its record in GitLab is still to be deleted.`,
  }),
  ended: (account) => ({
    short: "over",
    what: `The job is over (${outcome(account)}). Nothing of it is left.`,
  }),
  "ended-at-lifetime": (account) => ({
    short: "over",
    what: `The job is over (${outcome(account)}): its runner had lived ${lifetimeText(account)} that its class allows, job included.`,
    remedy: lifetimeRemedy(account),
  }),
  "ended-with-instance": (account) => ({
    short: "over",
    what: `The job is over (${outcome(account)}), and its runner ended by itself: ${
      account.runner?.reason ? RUNNER_END_WORDS[account.runner.reason] : ""
    }${said(account.runner?.detail)}.`,
  }),
};

export const accountWords = (account: JobAccount): AccountWords => WORDS[account.code](account);

/** When the next try comes, as a sentence. A pass does it, once a minute. */
export const nextTryText = (nextTryAt: Time, now: Time): string =>
  nextTryAt <= now
    ? "It is tried next within a minute."
    : `It is tried next at ${moment(nextTryAt)} (UTC), or within a minute of that.`;

/** One line: the state, since when, when it is tried next, and what can be done. */
export const accountText = (account: JobAccount, now: Time): string => {
  const { what, remedy } = accountWords(account);
  const { since, nextTryAt } = account;
  const isLost = account.code === "runner-lost";
  const isOver = account.attempt.state === "ENDED" && !isLost;
  const cleanUp = isLost ? cleanedUpBy(account.attempt) : undefined;
  return [
    what,
    ...(since === undefined || isOver ? [] : [`Since ${moment(since)} (UTC), ${duration(now - since)}.`]),
    ...(nextTryAt === undefined ? [] : [nextTryText(nextTryAt, now)]),
    ...(cleanUp === undefined ? [] : [`GitLab has ended it by ${moment(cleanUp)} (UTC) at the latest.`]),
    ...(remedy === undefined ? [] : [`${remedy}.`]),
  ].join(" ");
};
