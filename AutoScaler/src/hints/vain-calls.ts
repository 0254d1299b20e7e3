import { TransientError } from "../../../Core/errors";
import { END_STATUSES, type JobEvent } from "../../../Core/model/job-event";
import type { Dependencies } from "../dependencies";

/**
 * How many calls of GitLab may come to nothing in a minute because of webhooks. Whoever has the webhook's secret can
 * send any project's and job's number; GitLab allows a user 2,000 calls a minute, of which a real job needs some
 * eight. Beyond these limits an event is left to the reconciler, which asks a whole project at once.
 */
export type VainCallDependencies = Pick<Dependencies, "clock" | "counters" | "hints">;

type Hint = Pick<JobEvent, "projectId" | "jobId" | "status">;

/** Counters of a project and of all, so that a flood's calls do not meet at one item. */
const SHARDS = { ofProject: 4, ofAll: 8 } as const;

/** Calls in vain a minute and counter: of one project, and of all, for their numbers are free to invent. */
interface Limits {
  readonly ofProject: number;
  readonly ofAll: number;
}

/**
 * By what a webhook says of its job. Apart, because the ends of jobs on others' runners come to nothing as a rule, and
 * are not to hold up a start. In all 480 + 240 + 240 = 960 calls a minute.
 */
const LIMITS = {
  pending: { ofProject: 15, ofAll: 60 },
  running: { ofProject: 10, ofAll: 30 },
  ended: { ofProject: 10, ofAll: 30 },
} as const satisfies Readonly<Record<string, Limits>>;

const kindOf = ({ status }: Hint): keyof typeof LIMITS => {
  if (status === "running") return "running";
  return END_STATUSES.includes(status) ? "ended" : "pending";
};

/** GitLab's replicas lag, so a job that is not there is asked for again, while its project's counter is below this. */
const CALLS_WITH_RETRIES = 6;

const MINUTE = 60_000;

interface Counter {
  readonly row: string;
  readonly calls: number;
}

const countersOf = (hint: Hint): readonly [ofProject: Counter, ofAll: Counter] => {
  const kind = kindOf(hint);
  const { ofProject, ofAll } = LIMITS[kind];
  const { projectId, jobId } = hint;
  return [
    { row: `${kind}#${projectId}#${jobId % SHARDS.ofProject}`, calls: ofProject },
    { row: `${kind}#all#${jobId % SHARDS.ofAll}`, calls: ofAll },
  ];
};

/** Counters are a precaution: a table that does not answer costs no job its start. */
const unlessUnknown = async (counts: () => Promise<readonly number[]>): Promise<readonly number[]> => {
  try {
    return await counts();
  } catch (error) {
    if (error instanceof TransientError) return [];
    throw error;
  }
};

const rememberSpent = (
  { hints }: VainCallDependencies,
  counters: readonly Counter[],
  counts: readonly number[],
  minute: number,
): void =>
  counters.forEach(({ row, calls }, index) => {
    if ((counts[index] ?? 0) >= calls) hints.spend(row, minute);
  });

/** Whether GitLab may be asked because of a webhook: neither its project nor all together have reached their limit. */
export const mayAsk = async (dependencies: VainCallDependencies, hint: Hint): Promise<boolean> => {
  const minute = Math.floor(dependencies.clock.now() / MINUTE);
  const counters = countersOf(hint);
  const isSpent = (): boolean => counters.some(({ row }) => dependencies.hints.isSpent(row, minute));
  if (isSpent()) return false;
  const rows = counters.map(({ row }) => row);
  const counts = await unlessUnknown(() => dependencies.counters.read(rows, minute));
  rememberSpent(dependencies, counters, counts, minute);
  return !isSpent();
};

/**
 * Counts a call that came to nothing.
 *
 * @returns whether one more may be made for the same webhook
 */
export const countVainCall = async (dependencies: VainCallDependencies, hint: Hint): Promise<boolean> => {
  const minute = Math.floor(dependencies.clock.now() / MINUTE);
  const counters = countersOf(hint);
  const counts = await unlessUnknown(() =>
    Promise.all(counters.map(({ row }) => dependencies.counters.add(row, minute))),
  );
  rememberSpent(dependencies, counters, counts, minute);
  const [, ofAll] = counters;
  return (counts[0] ?? 0) < CALLS_WITH_RETRIES && !dependencies.hints.isSpent(ofAll.row, minute);
};
