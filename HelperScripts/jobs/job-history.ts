import type { LedgerReader } from "../../Core/ledger/reader";
import { accountRunnerId } from "../../Core/model/job-account";
import type { Attempt, Runner, Time } from "../../Core/model/ledger";
import { failureText, RUNNER_END_WORDS } from "../../Core/model/reason-words";

/** All that the ledger has of one job. */
export interface JobHistory {
  /** First to last; at least one. */
  readonly attempts: readonly Attempt[];
  /** By their ids: of the attempts, and those that ran the job. */
  readonly runners: ReadonlyMap<number, Runner>;
}

/** Something that happened to the job. Each thing once: a runner that ran it belongs to one attempt. */
export interface Step {
  readonly at: Time;
  readonly attempt: number;
  readonly what: string;
}

const distinct = <Item>(items: readonly (Item | undefined)[]): readonly Item[] => [
  ...new Set(items.filter((item) => item !== undefined)),
];

/** Undefined: the ledger does not know the job. */
export const readHistory = async (ledger: LedgerReader, jobId: number): Promise<JobHistory | undefined> => {
  const attempts = await ledger.attempts(jobId);
  if (attempts.length === 0) return undefined;
  const ids = distinct(attempts.flatMap(({ runnerId, ranOnRunnerId }) => [runnerId, ranOnRunnerId]));
  const runners = await Promise.all(ids.map((id) => ledger.runner(id)));
  return { attempts, runners: new Map(distinct(runners).map((runner) => [runner.runnerId, runner])) };
};

/** The runner that an attempt is about: the one that ran the job, or else its own. */
export const runnerOf = ({ runners }: JobHistory, attempt: Attempt): Runner | undefined =>
  runners.get(accountRunnerId(attempt) ?? 0);

/** The attempt that ran: the job's run and end are told with it. */
const ranAttempt = ({ attempts }: JobHistory): Attempt | undefined => {
  const ran = attempts.filter(({ times }) => times.RUNNING !== undefined || times.ENDED !== undefined);
  return ran.findLast(({ runnerId, ranOnRunnerId }) => runnerId === ranOnRunnerId) ?? ran.at(-1);
};

const REACHED: Readonly<Record<Attempt["state"], string>> = {
  WAITING: "waited",
  CLAIMED: "claimed, with a slot under the limits",
  CREATED: "runner created in GitLab",
  LAUNCHED: "runner launched",
  RUNNING: "job running",
  ENDED: "job over",
  FAILED: "start failed",
};

const bracketed = (text: string | undefined): string => (text === undefined ? "" : ` (${text})`);

const outcomeOf = ({ outcome, failureReason }: Attempt): string | undefined =>
  distinct([outcome, failureReason]).join(", ") || undefined;

const detail = (state: string, attempt: Attempt): string => {
  if (state === "CREATED")
    return bracketed(attempt.runnerId === undefined ? undefined : `id ${attempt.runnerId}`);
  if (state === "LAUNCHED") return bracketed(attempt.resourceId);
  if (state === "ENDED") return bracketed(outcomeOf(attempt));
  return bracketed(state === "FAILED" && attempt.reason ? failureText(attempt) : undefined);
};

const OF_THE_JOB: readonly string[] = ["RUNNING", "ENDED"];

const attemptSteps = (attempt: Attempt, ran: Attempt | undefined): readonly Step[] =>
  Object.entries(attempt.times)
    .filter(([state]) => attempt === ran || !OF_THE_JOB.includes(state))
    .map(([state, at]) => ({
      at,
      attempt: attempt.attempt,
      what: `${REACHED[state as Attempt["state"]] ?? state}${detail(state, attempt)}`,
    }));

const RUNNER_REACHED: Readonly<Partial<Record<string, string>>> = {
  BUSY: "runner busy",
  ENDING: "runner ending",
  GONE: "runner gone",
};

/** Why it ended, where that is not its job's end. */
const endText = (runner: Runner, state: string): string => {
  const { reason, detail: said } = runner;
  const isTold = state === "ENDING" || (state === "GONE" && runner.times.ENDING === undefined);
  if (!isTold || reason === undefined || reason === "job-ended") return "";
  return `: ${RUNNER_END_WORDS[reason]}${bracketed(said)}`;
};

const runnerSteps = (attempt: number, runner: Runner): readonly Step[] => {
  const steps = Object.entries(runner.times).flatMap(([state, at]) => {
    const what = RUNNER_REACHED[state];
    return what ? [{ at, attempt, what: `${what} (id ${runner.runnerId})${endText(runner, state)}` }] : [];
  });
  const { pausedAt } = runner;
  const paused =
    pausedAt === undefined ? [] : [{ at: pausedAt, attempt, what: "runner paused: it takes no other job" }];
  return [...steps, ...paused];
};

/** The attempt that a runner is told with: its own, or the one that it ran. */
const attemptOf = ({ attempts }: JobHistory, { runnerId }: Runner): number =>
  (
    attempts.find((each) => each.runnerId === runnerId) ??
    attempts.findLast((each) => each.ranOnRunnerId === runnerId)
  )?.attempt ?? 1;

/** What happened, in the order in which it did. */
export const stepsOf = (history: JobHistory): readonly Step[] => {
  const { attempts, runners } = history;
  const ran = ranAttempt(history);
  return [
    ...attempts.flatMap((attempt) => attemptSteps(attempt, ran)),
    ...[...runners.values()].flatMap((runner) => runnerSteps(attemptOf(history, runner), runner)),
  ].sort((one, other) => one.at - other.at);
};
