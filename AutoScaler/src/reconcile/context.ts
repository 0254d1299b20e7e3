import type { Attempt, Runner, Time } from "../../../Core/model/ledger";
import { type RoutingSettings, route } from "../../../Core/routing/routing";
import type { Dependencies } from "../dependencies";
import type { GitLabJob, MappingRow } from "../ports";
import { type Budget, budget } from "./budget";
import { closeDeleted } from "./collect";
import { findEnded } from "./find/ended";
import {
  findPending,
  type IsOurs,
  isClearlyMet,
  isUnassigned,
  type PendingNotes,
  type SnapshotIndex,
  usedUpKey,
} from "./find/pending";
import { findRunnerEnd } from "./find/runner-ends";
import { findRunning, runningKey } from "./find/running";
import type { Part } from "./parts";
import type { JobReader } from "./read/job-reader";
import { CALLS_AT_ONCE, inPortions } from "./read/portions";
import type { Discrepancy, Snapshot } from "./snapshot";

export type ReconcilerDependencies = Pick<
  Dependencies,
  | "ledger"
  | "mappings"
  | "gitLab"
  | "instances"
  | "microVms"
  | "account"
  | "bus"
  | "settings"
  | "clock"
  | "nonce"
  | "metric"
  | "deploymentId"
>;

/** All that the finders use in one pass. */
export interface ReconcileContext {
  readonly dependencies: ReconcilerDependencies;
  readonly snapshot: Snapshot;
  readonly index: SnapshotIndex;
  readonly part: Part;
  readonly readJob: JobReader;
  readonly listCalls: Budget;
  /** What the mapping's settings say, over the stack's. */
  readonly settings: RoutingSettings;
  readonly isOurs: IsOurs;
  /** Whether a project's jobs may be started. If that cannot be found out, they may: the look-up asks again. */
  readonly serves: (projectId: number) => Promise<boolean>;
  readonly notes: PendingNotes;
  /** No reads after this time: the events have to be put before the function times out. */
  readonly until: Time;
}

/** True if the mapping makes a job ours, even by an invalid row. Reads each row once a pass. */
export const oursByMapping = ({ mappings }: ReconcilerDependencies, settings: RoutingSettings): IsOurs => {
  const read = new Map<string, Promise<readonly MappingRow[]>>();
  const rows = (pk: string): Promise<readonly MappingRow[]> => {
    const known = read.get(pk) ?? mappings.rows(pk);
    read.set(pk, known);
    return known;
  };
  return async ({ projectId, name, tags }: GitLabJob) =>
    (await route({ projectId, name, tags, verified: true }, rows, settings)).kind !== "nothing";
};

const MINUTE = 60_000;
const ROTATE_BY = 150;
/** Jobs that one pass looks up in the ledger, oldest first. The next passes read the rest. */
const MAX_READ = 2_000;
export const READ_AT_ONCE = 20;

const byCreation = (one: GitLabJob, other: GitLabJob): number =>
  one.createdAt - other.createdAt || one.id - other.id;

/** What pending jobs lack. Reads several at once: a burst may leave thousands half started (I-26). */
const pendingDiscrepancies = async (
  { dependencies, snapshot, part, isOurs, serves, notes, until }: ReconcileContext,
  jobs: readonly GitLabJob[],
): Promise<readonly Discrepancy[]> => {
  const reads = budget(dependencies.clock, MAX_READ, until);
  const find = async (job: GitLabJob): Promise<Discrepancy | undefined> =>
    (await serves(job.projectId))
      ? findPending(dependencies.ledger, snapshot, job, isOurs, notes)
      : undefined;
  const found = await inPortions(jobs, READ_AT_ONCE, async (job) =>
    reads.take() ? part("pending-job", undefined, () => find(job), job.id) : undefined,
  );
  return found.filter((discrepancy) => discrepancy !== undefined);
};

/** What is missing for the start or pick-up of the jobs that GitLab shows as pending or running. */
export const jobDiscrepancies = async (context: ReconcileContext): Promise<readonly Discrepancy[]> => {
  const { snapshot, index } = context;
  const jobs = [...snapshot.jobs.values()].sort(byCreation);
  const running = jobs.flatMap((job) => findRunning(snapshot, index, job) ?? []);
  const unmet = jobs.filter((job) => isUnassigned(job) && !isClearlyMet(snapshot, index, job));
  const isUsedUp = (job: GitLabJob): boolean => snapshot.seen.has(usedUpKey(job));
  for (const job of unmet.filter(isUsedUp)) context.notes.usedUp.add(usedUpKey(job));
  const open = unmet.filter((job) => !isUsedUp(job));
  return [...running, ...(await pendingDiscrepancies(context, open))];
};

/** Starts at another item every minute, so that a call limit does not always skip the same items. */
const rotated = <Item>(items: readonly Item[], now: Time): readonly Item[] => {
  const first = (Math.floor(now / MINUTE) * ROTATE_BY) % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
};

/** Finds the missing end of attempts whose job is not in GitLab's lists any more. */
export const endDiscrepancies = async ({
  dependencies,
  snapshot,
  part,
  readJob,
}: ReconcileContext): Promise<readonly Discrepancy[]> => {
  const find = async (attempt: Attempt): Promise<Discrepancy | undefined> => {
    const { jobId } = attempt;
    const missing = await part("attempt", undefined, () => findEnded(snapshot, attempt, readJob), jobId);
    if (missing?.kind === "deleted")
      await part("deleted-job", undefined, () => closeDeleted(dependencies, attempt), jobId);
    return missing?.kind === "found" ? missing.discrepancy : undefined;
  };
  const open = rotated([...snapshot.attempts, ...snapshot.waiting], snapshot.now);
  const found = await inPortions(open, CALLS_AT_ONCE, find);
  return found.filter((discrepancy) => discrepancy !== undefined);
};

/** Open runners that have to be ended, without those whose job has an end event in this pass. */
export const runnerDiscrepancies = async (
  context: ReconcileContext,
  endedJobs: ReadonlySet<number>,
): Promise<readonly Discrepancy[]> => {
  const { dependencies, snapshot, part, readJob, listCalls } = context;
  const runnerEndDependencies = {
    gitLab: dependencies.gitLab,
    instances: dependencies.instances,
    readJob,
    listCalls,
  };
  const isOnItsWay = ({ state, busyJobId, jobId }: Runner): boolean =>
    state !== "GONE" && endedJobs.has(busyJobId ?? jobId);
  const open = rotated(snapshot.runners, snapshot.now).filter((runner) => !isOnItsWay(runner));
  const found = await inPortions(open, CALLS_AT_ONCE, (runner) =>
    part("runner", undefined, () => findRunnerEnd(runnerEndDependencies, snapshot, runner), runner.runnerId),
  );
  return found.filter((discrepancy) => discrepancy !== undefined);
};

const MAX_SEEN = 5_000;

/**
 * Keys that tell the next pass what this pass has already seen.
 *
 * @param before of an earlier pass of the same minute, which listed other projects
 */
export const seenNow = (
  { snapshot, index, notes }: ReconcileContext,
  before: readonly string[],
): readonly string[] => {
  const isStored = ({ id }: GitLabJob): boolean => index.lastAttempt.get(id)?.state === "RUNNING";
  const running = [...snapshot.jobs.values()].filter((job) => job.status === "running" && !isStored(job));
  return [...new Set([...notes.usedUp, ...running.map(runningKey), ...before])].slice(0, MAX_SEEN);
};
