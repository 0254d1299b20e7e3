import type { Time } from "../../../Core/model/ledger";
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
  pendingKey,
  type SnapshotIndex,
  usedUpKey,
} from "./find/pending";
import { findRunnerEnd } from "./find/runner-ends";
import { findRunning, runningKey } from "./find/running";
import type { Part } from "./parts";
import type { JobReader } from "./read/job-reader";
import type { Discrepancy, Snapshot } from "./snapshot";

export type ReconcilerDependencies = Pick<
  Dependencies,
  | "ledger"
  | "mappings"
  | "gitLab"
  | "instances"
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
  /** Keys of pending jobs that no attempt will start any more, for the next pass. */
  readonly usedUp: Set<string>;
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
const READ_AT_ONCE = 20;

const byCreation = (one: GitLabJob, other: GitLabJob): number =>
  one.createdAt - other.createdAt || one.id - other.id;

/** What pending jobs lack. Reads several at once: a burst may leave thousands half started (I-26). */
const pendingDiscrepancies = async (
  { dependencies, snapshot, part, isOurs, serves, usedUp, until }: ReconcileContext,
  jobs: readonly GitLabJob[],
): Promise<readonly Discrepancy[]> => {
  const reads = budget(dependencies.clock, MAX_READ, until);
  const discrepancies: Discrepancy[] = [];
  for (let start = 0; start < jobs.length; start += READ_AT_ONCE) {
    const portion = jobs.slice(start, start + READ_AT_ONCE).filter(() => reads.take());
    const found = await Promise.all(
      portion.map((job) =>
        part(
          "pending-job",
          undefined,
          async () =>
            (await serves(job.projectId))
              ? findPending(dependencies.ledger, snapshot, job, isOurs, usedUp)
              : undefined,
          job.id,
        ),
      ),
    );
    discrepancies.push(...found.filter((discrepancy) => discrepancy !== undefined));
  }
  return discrepancies;
};

/** What is missing for the start or pick-up of the jobs that GitLab shows as pending or running. */
export const jobDiscrepancies = async (context: ReconcileContext): Promise<readonly Discrepancy[]> => {
  const { snapshot, index } = context;
  const jobs = [...snapshot.jobs.values()].sort(byCreation);
  const running = jobs.flatMap((job) => findRunning(snapshot, index, job) ?? []);
  const unmet = jobs.filter((job) => isUnassigned(job) && !isClearlyMet(snapshot, index, job));
  const isUsedUp = (job: GitLabJob): boolean => snapshot.seen.has(usedUpKey(job));
  for (const job of unmet.filter(isUsedUp)) context.usedUp.add(usedUpKey(job));
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
  const discrepancies: Discrepancy[] = [];
  for (const attempt of rotated([...snapshot.attempts, ...snapshot.waiting], snapshot.now)) {
    const { jobId } = attempt;
    const missing = await part("attempt", undefined, () => findEnded(snapshot, attempt, readJob), jobId);
    if (missing?.kind === "found") discrepancies.push(missing.discrepancy);
    if (missing?.kind === "deleted") {
      await part("deleted-job", undefined, () => closeDeleted(dependencies, attempt), jobId);
    }
  }
  return discrepancies;
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
  const discrepancies: Discrepancy[] = [];
  for (const runner of rotated(snapshot.runners, snapshot.now)) {
    const isOnItsWay = runner.state !== "GONE" && endedJobs.has(runner.busyJobId ?? runner.jobId);
    if (isOnItsWay) continue;
    const { runnerId } = runner;
    const found = await part(
      "runner",
      undefined,
      () => findRunnerEnd(runnerEndDependencies, snapshot, runner),
      runnerId,
    );
    if (found) discrepancies.push(found);
  }
  return discrepancies;
};

const MAX_SEEN = 5_000;

/** Keys that tell the next pass what this pass has already seen. */
export const seenNow = ({ snapshot, index, usedUp }: ReconcileContext): readonly string[] => {
  const keys = [...snapshot.jobs.values()].flatMap((job) => {
    if (job.status === "running")
      return index.lastAttempt.get(job.id)?.state === "RUNNING" ? [] : [runningKey(job)];
    return isUnassigned(job) && !isClearlyMet(snapshot, index, job) ? [pendingKey(job)] : [];
  });
  return [...usedUp, ...keys].slice(0, MAX_SEEN);
};
