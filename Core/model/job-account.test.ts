import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AccountSettings, JOB_ACCOUNT_CODES, type JobAccountCode, jobAccount } from "./job-account";
import { accountText, accountWords } from "./job-account-words";
import {
  ATTEMPT_STATES,
  type Attempt,
  type OrderedAttempt,
  type OrphanRecord,
  RUNNER_STATES,
  type Runner,
  type StartedRunner,
} from "./ledger";
import { LOST_JOB_REMEDY } from "./lost-job";
import { failureText, INSTALL_FAILURE_WORDS } from "./reason-words";
import {
  ATTEMPT_FAILURE_CODES,
  type AttemptFailureCode,
  INSTALL_FAILURE_CODES,
  LAUNCH_HOLD_CODES,
  WAITING_FOR_CODES,
} from "./reasons";
import type { RunnerClass } from "./runner-class";
import type { RunnerOrder } from "./runner-order";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const MINUTE = 60_000;
const SECOND = 1_000;
/** So many minutes before now. */
const ago = (minutes: number): number => NOW - minutes * MINUTE;

const EC2: RunnerClass = {
  name: "big",
  type: "EC2",
  lifetimeSeconds: 600,
  waitTimeoutSeconds: 120,
  maxRunners: 3,
};
const ORDER: RunnerOrder = {
  jobId: 7,
  projectId: 42,
  jobName: "build",
  tags: ["ec2"],
  queuedAt: ago(10),
  runnerClass: EC2,
  verified: true,
};

type AttemptPatch = Partial<OrderedAttempt> & Pick<OrderedAttempt, "state">;

const attemptOf = (patch: AttemptPatch): Attempt => ({
  kind: "attempt",
  jobId: 7,
  attempt: 1,
  version: 1,
  order: ORDER,
  classKey: "EC2#big",
  runnerId: 9001,
  times: {},
  ...patch,
});

type RunnerPatch = Partial<StartedRunner> & Pick<StartedRunner, "state">;

const runnerOf = (patch: RunnerPatch): Runner => ({
  kind: "runner",
  runnerId: 9001,
  version: 1,
  jobId: 7,
  attempt: 1,
  launchedFor: { jobId: 7, attempt: 1 },
  order: ORDER,
  classKey: "EC2#big",
  provider: "EC2",
  nonce: "n",
  launchRound: 0,
  times: {},
  ...patch,
});

const ADOPTED: OrphanRecord = {
  kind: "runner",
  runnerId: 9001,
  version: 1,
  state: "STARTING",
  jobId: 7,
  attempt: 1,
  launchedFor: { jobId: 7, attempt: 1 },
  adopted: true,
  times: {},
};

const LEASE = { kind: "start", holder: "h", until: NOW + 30 * SECOND } as const;
const OVER = { ...LEASE, until: NOW - 1 };

interface Row {
  readonly attempt: AttemptPatch;
  readonly runner?: RunnerPatch;
  readonly settings?: AccountSettings;
  readonly code: JobAccountCode;
  readonly short: string;
  readonly text: string;
}

const WAITING = (patch: Partial<OrderedAttempt> = {}): AttemptPatch => ({
  state: "WAITING",
  times: { WAITING: ago(5) },
  ...patch,
});
const CLAIMED = (patch: Partial<OrderedAttempt> = {}): AttemptPatch => ({
  state: "CLAIMED",
  times: { CLAIMED: ago(2) },
  ...patch,
});
const CREATED = (patch: Partial<OrderedAttempt> = {}): AttemptPatch => ({
  state: "CREATED",
  times: { CLAIMED: ago(5), CREATED: ago(5) },
  ...patch,
});
const LAUNCHED = (patch: Partial<OrderedAttempt> = {}): AttemptPatch => ({
  state: "LAUNCHED",
  times: { CREATED: ago(3), LAUNCHED: ago(2) },
  ...patch,
});
const RUNNING: AttemptPatch = { state: "RUNNING", ranOnRunnerId: 9001, times: { RUNNING: ago(2) } };
const ended = (outcome: string, patch: Partial<OrderedAttempt> = {}): AttemptPatch => ({
  state: "ENDED",
  outcome,
  times: { LAUNCHED: ago(6), RUNNING: ago(5), ENDED: ago(1) },
  ...patch,
});
const failed = (reason: AttemptFailureCode, patch: Partial<OrderedAttempt> = {}): AttemptPatch => ({
  state: "FAILED",
  reason,
  times: { FAILED: NOW - 20 * SECOND },
  ...patch,
});
const GONE: RunnerPatch = { state: "GONE", recordDeletedAt: NOW, times: { GONE: ago(1) } };
const ENDING: RunnerPatch = { state: "ENDING", times: { ENDING: ago(1) } };
const SINCE_1 = "Since 2026-11-25 11:59:00 (UTC), 1 min 00 s.";
const SINCE_2 = "Since 2026-11-25 11:58:00 (UTC), 2 min 00 s.";
const SINCE_5 = "Since 2026-11-25 11:55:00 (UTC), 5 min 00 s.";
const SOON = "It is tried next within a minute.";
const nextAt = (clock: string): string =>
  `It is tried next at 2026-11-25 ${clock} (UTC), or within a minute of that.`;
const AGAIN = "When that is put right: npx runners start 7 --again.";

/** What each state of a job says. Every code, and every pair of an attempt's and a runner's state, has a row. */
const TABLE: readonly Row[] = [
  // ------------------------------------------------------------------------------------------- in the queue
  {
    attempt: WAITING({ waitingFor: "slot" }),
    code: "waits-for-slot",
    short: "a slot",
    text: `It waits for a slot: as many runners as allowed are there (status shows the limits). ${SINCE_5} To have more at a time, raise maxRunners of its class, or the limits in the mapping's settings.`,
  },
  {
    attempt: WAITING({ waitingFor: "starts-on" }),
    code: "waits-for-resume",
    short: "resume",
    text: `It waits for new starts to be resumed (npx runners resume). ${SINCE_5} When starts may go on: npx runners resume.`,
  },
  {
    attempt: WAITING({ waitingFor: "launch-rate" }),
    code: "waits-for-launch-rate",
    short: "AWS's rate",
    text: `It waits for AWS, which takes no more launches just now; it is tried again by itself. ${SINCE_5} ${SOON}`,
  },
  {
    attempt: WAITING({ waitingFor: "gitlab", throttledSince: ago(2), notBefore: NOW + 90 * SECOND }),
    code: "waits-for-gitlab",
    short: "GitLab",
    text: `It waits for GitLab, which asked to be left alone for a while (429); it is tried again by itself. ${SINCE_2} ${nextAt("12:01:30")}`,
  },
  {
    attempt: WAITING({ waitingFor: "budget" }),
    code: "waits-for-budget",
    short: "budget",
    text: `It waits for its project's monthly budget, which is spent: it starts by itself next month. ${SINCE_5} To start it now, raise the project's budget in the mapping's settings, or set its "hold" to false; npx runners cost shows what it went for.`,
  },
  {
    attempt: CREATED({ waitingFor: "launch-rate", dispatchedAt: ago(1) }),
    runner: { state: "STARTING", heldBy: "rate", heldSince: ago(2) },
    code: "waits-for-launch-rate",
    short: "AWS's rate",
    text: `It waits for AWS, which takes no more launches just now; it is tried again by itself. ${SINCE_2} ${nextAt("12:05:00")}`,
  },
  // A WAITING attempt has no runner; whatever the ledger shows beside it, it waits or is followed by another one.
  {
    attempt: WAITING(),
    runner: { state: "STARTING" },
    code: "waits-for-slot",
    short: "a slot",
    text: `It waits for a slot: as many runners as allowed are there (status shows the limits). ${SINCE_5} To have more at a time, raise maxRunners of its class, or the limits in the mapping's settings.`,
  },
  {
    attempt: WAITING(),
    runner: { state: "BUSY", busyJobId: 8, times: { BUSY: ago(1) } },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: its runner took job 8. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: WAITING(),
    runner: { ...ENDING, reason: "no-job" },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: it was launched, and no job came to it. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: WAITING(),
    runner: { ...GONE, reason: "no-job" },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: it was launched, and no job came to it. Another one follows. ${SINCE_1} ${SOON}`,
  },
  // ------------------------------------------------------------------------------------------------ claimed
  {
    attempt: CLAIMED({ lease: LEASE }),
    code: "start-under-way",
    short: "its start",
    text: `Its start is under way. ${SINCE_2}`,
  },
  {
    attempt: CLAIMED({ lease: OVER, attempt: 2 }),
    code: "start-stopped",
    short: "its start",
    text: `Its start stopped before it had a runner, and is taken over. ${SINCE_2} ${nextAt("12:04:00")}`,
  },
  {
    attempt: CLAIMED(),
    runner: { state: "STARTING" },
    code: "start-stopped",
    short: "its start",
    text: `Its start stopped before it had a runner, and is taken over. ${SINCE_2} ${SOON}`,
  },
  {
    attempt: CLAIMED(),
    runner: { state: "BUSY", busyJobId: 8, times: { BUSY: ago(1) } },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: its runner took job 8. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: CLAIMED(),
    runner: ENDING,
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: its end is under way. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: CLAIMED(),
    runner: GONE,
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: its end is under way. Another one follows. ${SINCE_1} ${SOON}`,
  },
  // ------------------------------------------------------------------------------------------------ created
  {
    attempt: CREATED(),
    code: "runner-unknown",
    short: "unknown runner",
    text: `The ledger does not have its runner 9001. ${SINCE_5} Cancel the job in GitLab and run it again.`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", lease: LEASE },
    code: "launch-under-way",
    short: "its launch",
    text: `Its runner is being launched. ${SINCE_5}`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", lease: OVER },
    code: "launch-stopped",
    short: "its launch",
    text: `Its start stopped before its runner was launched, and is gone on with. ${SINCE_5} ${SOON}`,
  },
  {
    attempt: CREATED({ dispatchedAt: ago(2) }),
    runner: {
      state: "STARTING",
      heldBy: "limit",
      heldSince: ago(2),
      detail: "MaxSpotInstanceCountExceeded: Max spot instance count exceeded",
    },
    code: "launch-held-limit",
    short: "AWS's limit",
    text: `Its runner is not launched: the account's limit at AWS is reached: MaxSpotInstanceCountExceeded: Max spot instance count exceeded. ${SINCE_2} ${nextAt("12:04:00")} Ask AWS for more (Service Quotas names the limit), or lower maxRunners in the mapping's settings so that jobs wait for a slot.`,
  },
  {
    attempt: CREATED(),
    runner: {
      state: "STARTING",
      heldBy: "capacity",
      heldSince: ago(5),
      detail: "InsufficientInstanceCapacity (c7g.large)",
    },
    code: "launch-held-capacity",
    short: "capacity",
    text: `Its runner is not launched: there was no capacity: InsufficientInstanceCapacity (c7g.large). ${SINCE_5} ${SOON} Give its class more instance types, or allow both markets.`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", heldBy: "rate", heldSince: ago(2) },
    code: "launch-held-rate",
    short: "AWS's rate",
    text: `Its runner is not launched: AWS takes no more launches just now. ${SINCE_2} ${SOON}`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", heldBy: "not-ready", heldSince: ago(2), detail: "it is Inactive, Idle" },
    code: "launch-held-not-ready",
    short: "its function",
    text: `Its runner is not launched: Lambda is making its function ready: it is Inactive, Idle. ${SINCE_2} ${SOON}`,
  },
  {
    attempt: CREATED({ attempt: 3 }),
    runner: { ...GONE, reason: "function-missing" },
    code: "given-up",
    short: "nothing: given up",
    text: `No runner could be started: its Lambda function is not there. All 3 attempts are used up. ${SINCE_1} Deploy the function, or correct the row or DefaultRunnerArn that names it. ${AGAIN}`,
  },
  {
    attempt: CREATED(),
    runner: { ...GONE, reason: "function-key-refused" },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: Lambda may not use the key of its function's image or environment. Another one follows. ${SINCE_1} ${SOON} Enable the KMS key, and let Lambda use it.`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", heldBy: "spot-role" },
    code: "launch-held-spot-role",
    short: "the spot role",
    text: `Its runner is not launched: the account has no service-linked role for spot. ${SINCE_5} ${SOON} Make the role once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com.`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", heldBy: "other", detail: "BrandNewRefusal: not now" },
    code: "launch-held-other",
    short: "AWS",
    text: `Its runner is not launched: AWS refused it for a reason that may pass: BrandNewRefusal: not now. ${SINCE_5} ${SOON}`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", heldBy: "no-answer" },
    code: "launch-held-no-answer",
    short: "AWS's answer",
    text: `Its runner is not launched: AWS did not say whether it launched one. ${SINCE_5} ${SOON}`,
  },
  {
    attempt: CREATED(),
    runner: { state: "STARTING", resourceId: "i-1", times: { LAUNCHED: ago(2) } },
    code: "runner-starting",
    short: "its runner",
    text: `Its runner is launched and has not taken the job yet. ${SINCE_2}`,
  },
  {
    attempt: CREATED(),
    runner: { state: "BUSY", busyJobId: 7, times: { BUSY: ago(2) } },
    code: "running",
    short: "running",
    text: `The job is running. ${SINCE_2}`,
  },
  {
    attempt: CREATED(),
    runner: { ...ENDING, reason: "never-started" },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: nothing could be launched for it for two hours. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: CREATED({ attempt: 3 }),
    runner: { ...GONE, reason: "launch-refused", detail: "No such image" },
    code: "given-up",
    short: "nothing: given up",
    text: `No runner could be started: its launch was refused: No such image. All 3 attempts are used up. ${SINCE_1} ${AGAIN}`,
  },
  // ----------------------------------------------------------------------------------------------- launched
  {
    attempt: LAUNCHED(),
    code: "runner-unknown",
    short: "unknown runner",
    text: "The ledger does not have its runner 9001. Since 2026-11-25 11:57:00 (UTC), 3 min 00 s. Cancel the job in GitLab and run it again.",
  },
  {
    attempt: LAUNCHED(),
    runner: { state: "STARTING", resourceId: "i-1" },
    code: "runner-starting",
    short: "its runner",
    text: `Its runner is launched and has not taken the job yet. ${SINCE_2}`,
  },
  {
    attempt: LAUNCHED(),
    runner: { state: "BUSY", busyJobId: 8, times: { BUSY: NOW - 10 * SECOND } },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: its runner took job 8. Another one follows. Since 2026-11-25 11:59:50 (UTC), 10.0 s. ${nextAt("12:00:35")}`,
  },
  {
    attempt: LAUNCHED({ attempt: 3 }),
    runner: { state: "BUSY", busyJobId: 8, times: { BUSY: ago(1) } },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 3 came to nothing: its runner took job 8. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: LAUNCHED(),
    runner: {
      ...ENDING,
      reason: "instance-terminated",
      detail: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
    },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: its instance was terminated: Client.InstanceInitiatedShutdown: Instance initiated shutdown. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: LAUNCHED(),
    runner: { ...GONE, reason: "spot-interruption" },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: EC2 took its spot instance back. Another one follows. ${SINCE_1} ${SOON}`,
  },
  // ------------------------------------------------------------------------------------------------ running
  { attempt: RUNNING, code: "running", short: "running", text: `The job is running. ${SINCE_2}` },
  {
    attempt: RUNNING,
    runner: { state: "STARTING" },
    code: "running",
    short: "running",
    text: `The job is running. ${SINCE_2}`,
  },
  {
    attempt: RUNNING,
    runner: { state: "BUSY", busyJobId: 7 },
    code: "running",
    short: "running",
    text: `The job is running. ${SINCE_2}`,
  },
  {
    attempt: RUNNING,
    runner: { ...ENDING, reason: "lifetime-reached" },
    code: "runner-lost",
    short: "lost its runner",
    text: `The job was running, and its runner is being ended: it lived longer than its class allows. Its end in GitLab is not noted yet. ${SINCE_1} ${LOST_JOB_REMEDY}.`,
  },
  {
    attempt: RUNNING,
    runner: { ...GONE, reason: "instance-terminated", detail: "Server.SpotInstanceTermination" },
    code: "runner-lost",
    short: "lost its runner",
    text: `The job was running, and its runner is gone: its instance was terminated: Server.SpotInstanceTermination. Its end in GitLab is not noted yet. ${SINCE_1} ${LOST_JOB_REMEDY}.`,
  },
  {
    attempt: {
      state: "ENDED",
      ranOnRunnerId: 9001,
      reason: "instance-terminated",
      times: { RUNNING: ago(5), ENDED: ago(1) },
    },
    runner: { ...GONE, reason: "instance-terminated" },
    code: "runner-lost",
    short: "lost its runner",
    text: `The job was running, and its runner is gone: its instance was terminated. Its end in GitLab is not noted yet. ${SINCE_1} GitLab has ended it by 2026-11-25 13:59:00 (UTC) at the latest. ${LOST_JOB_REMEDY}.`,
  },
  // --------------------------------------------------------------------------------------------------- over
  {
    attempt: ended("canceled"),
    code: "ended",
    short: "over",
    text: "The job is over (canceled). Nothing of it is left.",
  },
  {
    attempt: ended("success"),
    runner: { state: "STARTING" },
    code: "runner-ending",
    short: "over",
    text: "The job is over (success); its runner is being ended.",
  },
  {
    attempt: ended("success"),
    runner: { state: "BUSY", busyJobId: 7 },
    code: "runner-ending",
    short: "over",
    text: "The job is over (success); its runner is being ended.",
  },
  {
    attempt: ended("failed", { failureReason: "script_failure" }),
    runner: ENDING,
    code: "runner-ending",
    short: "over",
    text: "The job is over (failed, script_failure); its runner is being ended.",
  },
  {
    attempt: ended("success"),
    runner: { ...GONE, reason: "job-ended" },
    code: "ended",
    short: "over",
    text: "The job is over (success). Nothing of it is left.",
  },
  {
    attempt: ended("success"),
    runner: { state: "GONE", reason: "job-ended" },
    code: "record-remaining",
    short: "over",
    text: "The job is over (success) and its runner gone; its record in GitLab is still to be deleted.",
  },
  {
    attempt: ended("failed", {
      failureReason: "job_execution_timeout",
      times: { LAUNCHED: ago(12), RUNNING: ago(11), ENDED: ago(1) },
    }),
    runner: { ...GONE, reason: "job-ended" },
    code: "ended-at-lifetime",
    short: "over",
    text: 'The job is over (failed, job_execution_timeout): its runner had lived the 10 min 00 s that its class allows, job included. Raise "lifetimeSeconds" of the class "big" in the mapping.',
  },
  {
    attempt: ended("failed", {
      failureReason: "script_failure",
      times: { LAUNCHED: ago(12), RUNNING: ago(11), ENDED: ago(1) },
    }),
    runner: { ...GONE, reason: "job-ended" },
    code: "ended",
    short: "over",
    text: "The job is over (failed, script_failure). Nothing of it is left.",
  },
  {
    attempt: ended("failed", { order: { ...ORDER, runnerClass: { ...EC2, name: "default" } } }),
    runner: {
      ...GONE,
      reason: "lifetime-reached",
      order: { ...ORDER, runnerClass: { ...EC2, name: "default" } },
    },
    code: "ended-at-lifetime",
    short: "over",
    text: 'The job is over (failed): its runner had lived the 10 min 00 s that its class allows, job included. Raise "lifetimeSeconds" of EC2 in the mapping\'s class default.',
  },
  {
    attempt: ended("failed", { times: { LAUNCHED: ago(11), RUNNING: ago(11), ENDED: ago(1) } }),
    runner: {
      ...GONE,
      reason: "job-ended",
      order: { ...ORDER, runnerClass: { ...EC2, name: "default", type: "LAMBDA" } },
    },
    code: "ended-at-lifetime",
    short: "over",
    text: 'The job is over (failed): its runner had lived the 10 min 00 s that its class allows, job included. Raise "lifetimeSeconds" of LAMBDA in the mapping\'s class default and TimeoutSeconds of the function, or map the job to EC2 when it needs more than 15 minutes.',
  },
  {
    attempt: ended("failed"),
    runner: { ...GONE, reason: "instance-terminated", detail: "Server.SpotInstanceTermination" },
    code: "ended-with-instance",
    short: "over",
    text: "The job is over (failed), and its runner ended by itself: its instance was terminated: Server.SpotInstanceTermination.",
  },
  {
    attempt: ended("failed"),
    runner: { ...GONE, reason: "runner-crashed" },
    code: "ended-with-instance",
    short: "over",
    text: "The job is over (failed), and its runner ended by itself: its function ended in the middle of its job.",
  },
  {
    // Interrupted in its last minute: not the lifetime, which EC2 did not wait for, but the interruption is the cause.
    attempt: ended("failed", { times: { LAUNCHED: ago(11), RUNNING: ago(11), ENDED: ago(1) } }),
    runner: { ...GONE, reason: "spot-interruption" },
    code: "ended-with-instance",
    short: "over",
    text: "The job is over (failed), and its runner ended by itself: EC2 took its spot instance back.",
  },
  // ------------------------------------------------------------------------------------------------- failed
  {
    attempt: failed("configuration", { detail: "The row has no type" }),
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: a parameter, a mapping row or a permission is wrong: The row has no type. Another one follows. Since 2026-11-25 11:59:40 (UTC), 20.0 s. ${nextAt("12:00:40")}`,
  },
  {
    attempt: failed("launch-refused", { attempt: 2 }),
    runner: { ...GONE, reason: "launch-refused" },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 2 came to nothing: its launch was refused. Another one follows. Since 2026-11-25 11:59:40 (UTC), 20.0 s. ${nextAt("12:03:40")}`,
  },
  {
    attempt: failed("no-job", { times: { LAUNCHED: ago(9), FAILED: ago(1) } }),
    runner: { ...ENDING, reason: "no-job" },
    code: "next-attempt",
    short: "its next attempt",
    text: `Attempt 1 came to nothing: it was launched, and no job came to it. Another one follows. ${SINCE_1} ${SOON}`,
  },
  {
    attempt: failed("no-job"),
    runner: { ...ENDING, reason: "no-job" },
    settings: { startsAreOn: false },
    code: "next-attempt",
    short: "its next attempt",
    text: "Attempt 1 came to nothing: it was launched, and no job came to it. Another one follows when new starts are resumed. Since 2026-11-25 11:59:40 (UTC), 20.0 s. When starts may go on: npx runners resume.",
  },
  {
    attempt: failed("gitlab-refused", { attempt: 3, detail: "403 Forbidden" }),
    runner: { state: "STARTING" },
    code: "given-up",
    short: "nothing: given up",
    text: `No runner could be started: GitLab refused to make a runner: 403 Forbidden. All 3 attempts are used up. Since 2026-11-25 11:59:40 (UTC), 20.0 s. ${AGAIN}`,
  },
  {
    attempt: failed("never-started", { isLast: true }),
    runner: { state: "BUSY", busyJobId: 8, times: { BUSY: ago(1) } },
    code: "given-up",
    short: "nothing: given up",
    text: `No runner could be started: nothing could be launched for it for two hours. No attempt follows. Since 2026-11-25 11:59:40 (UTC), 20.0 s. ${AGAIN}`,
  },
];

const runnerIn = ({ runner }: Row): Runner | undefined => runner && runnerOf(runner);
const accountOf = (row: Row) => jobAccount(attemptOf(row.attempt), runnerIn(row), NOW, row.settings);

describe("the account of a job", () => {
  it.each(
    TABLE.map(
      (row) => [`${row.attempt.state} with ${row.runner?.state ?? "no runner"}: ${row.code}`, row] as const,
    ),
  )("%s", (_, row) => {
    const account = accountOf(row);
    expect({
      code: account.code,
      short: accountWords(account).short,
      text: accountText(account, NOW),
    }).toEqual({
      code: row.code,
      short: row.short,
      text: row.text,
    });
  });

  it("a record that was adopted starts nothing for a job", () => {
    expect(jobAccount(attemptOf(CREATED()), ADOPTED, NOW).code).toBe("runner-unknown");
  });

  it("the table has a row for each code", () => {
    expect(new Set(TABLE.map(({ code }) => code))).toEqual(new Set(JOB_ACCOUNT_CODES));
  });

  it("docs/command-line.md lists each code once", () => {
    const page = readFileSync(join(__dirname, "../../docs/command-line.md"), "utf8");
    const [table = ""] = page.split("## How a job stands")[1]?.split("\n## ") ?? [];
    const codes = [...table.matchAll(/^\| (`[a-z`, -]+`) \|/gm)].flatMap(([, cell = ""]) => cell.split(", "));
    expect(codes.map((code) => code.replaceAll("`", "")).sort()).toEqual([...JOB_ACCOUNT_CODES].sort());
  });

  it("the table has a row for each state of an attempt with each of a runner", () => {
    const pair = (attempt: string, runner = "no runner"): string => `${attempt} ${runner}`;
    const wanted = ATTEMPT_STATES.flatMap((state) => [
      pair(state),
      ...RUNNER_STATES.map((runner) => pair(state, runner)),
    ]);
    const there = new Set(TABLE.map(({ attempt, runner }) => pair(attempt.state, runner?.state)));
    expect(wanted.filter((each) => !there.has(each))).toEqual([]);
  });

  it("the table has a row for each thing that is waited for, and for each that holds a launch", () => {
    expect(new Set(TABLE.flatMap(({ attempt }) => attempt.waitingFor ?? []))).toEqual(
      new Set(WAITING_FOR_CODES),
    );
    expect(new Set(TABLE.flatMap(({ runner }) => runner?.heldBy ?? []))).toEqual(new Set(LAUNCH_HOLD_CODES));
  });
});

const FAILURES: Readonly<Record<AttemptFailureCode, string>> = {
  "job-ended": "its job ended",
  "job-canceled-before-pick-up": "its job was canceled before a runner took it",
  "no-longer-needed": "its job ran on another runner",
  "job-reassigned": "GitLab gave its job to another runner",
  "no-job": "it was launched, and no job came to it",
  "never-contacted":
    "it was launched, and GitLab never heard of it (its start was dropped, or it found no way to GitLab)",
  "record-deleted": "somebody deleted it in GitLab before it had a job",
  "runner-paused": "somebody paused it in GitLab before it had a job",
  "runner-crashed": "its function ended in the middle of its job",
  "never-started": "nothing could be launched for it for two hours",
  "launch-refused": "its launch was refused",
  "function-missing": "its Lambda function is not there",
  "function-image-missing": "the image of its Lambda function is deleted, or Lambda may not read it",
  "function-image-unusable": "Lambda cannot run the image of its function",
  "function-key-refused": "Lambda may not use the key of its function's image or environment",
  "function-failed": "Lambda could not make its function ready",
  "microvm-image-missing": "there is no image for a MicroVM of its size",
  "lifetime-reached": "it lived longer than its class allows",
  "instance-stopped": "its instance was stopped",
  "instance-terminated": "its instance was terminated",
  "spot-interruption": "EC2 took its spot instance back",
  "rebalance-recommendation": "EC2 was about to take its spot instance back",
  "orphan-adopted": "the ledger did not know it",
  "record-remaining": "its record in GitLab was still there",
  "instance-remaining": "its instance was still there",
  "end-under-way": "its end is under way",
  "gitlab-refused": "GitLab refused to make a runner",
  "ref-not-protected": "its class is for protected branches and tags alone, and the job's is neither",
  "gitlab-throttled": "GitLab has asked to wait for two hours (429)",
  "gitlab-no-answer": "GitLab did not say whether it made a runner",
  "attempts-used-up": "all attempts are used up",
  "not-served": "its project is not served (the mapping's settings list those that are)",
  "bad-tags": "its tags ask for no runner that there can be",
  "beyond-bounds": "its tags ask for more than is allowed",
  configuration: "a parameter, a mapping row or a permission is wrong",
  "invalid-input": "the event was not one of GitLab's",
};

describe("why an attempt came to nothing", () => {
  it.each(ATTEMPT_FAILURE_CODES)("%s has its sentence, with and without what was said", (reason) => {
    expect(failureText({ reason })).toBe(FAILURES[reason]);
    expect(failureText({ reason, detail: "said" })).toBe(`${FAILURES[reason]}: said`);
  });

  it.each(INSTALL_FAILURE_CODES)(
    "F-79: %s is told as what the console says, with a way out",
    (installFailure) => {
      const attempt = attemptOf(failed("instance-terminated", { installFailure }));
      const text = accountText(jobAccount(attempt, undefined, NOW), NOW);
      expect(text).toContain(
        `its instance was terminated (its machine's console says that ${INSTALL_FAILURE_WORDS[installFailure]}).`,
      );
      expect(text).toContain("npx runners image build");
    },
  );

  it("F-79: of a runner alone, where its attempt has not failed, is told too", () => {
    const runner = runnerOf({ state: "GONE", reason: "instance-terminated", installFailure: "too-slow" });
    const text = accountText(jobAccount(attemptOf({ state: "LAUNCHED" }), runner, NOW), NOW);
    expect(text).toContain(INSTALL_FAILURE_WORDS["too-slow"]);
  });
});
