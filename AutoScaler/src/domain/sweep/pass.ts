import type { Time } from "../../../../Core/ledger";
import { type RoutingSettings, route } from "../../../../Core/routing";
import type { Dependencies } from "../dependencies";
import type { GitLabJob, MappingRow } from "../ports";
import { type Budget, budget } from "./budget";
import { closeDeleted } from "./collect";
import { findEnded } from "./find-ended";
import {
  findPending,
  type IsOurs,
  isClearlyMet,
  isUnassigned,
  pendingKey,
  type SnapshotIndex,
  usedUpKey,
} from "./find-pending";
import { findRunnerEnd } from "./find-runner-ends";
import { findRunning, runningKey } from "./find-running";
import type { JobReader } from "./job-reader";
import type { Discrepancy, Snapshot } from "./look";
import type { Part } from "./parts";

export type SweepDependencies = Pick<
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
  | "caps"
  | "deploymentId"
>;

/** All that the finders work with in one sweep. */
export interface ReconcileContext {
  readonly world: SweepDependencies;
  readonly look: Snapshot;
  readonly index: SnapshotIndex;
  readonly part: Part;
  readonly readJob: JobReader;
  readonly listCalls: Budget;
  readonly isOurs: IsOurs;
  /** Keys of pending jobs that nothing will ever start, for the next sweep. */
  readonly usedUp: Set<string>;
  /** No reading after this time: what was found has to go out before the function's end. */
  readonly until: Time;
}

/** Whether the mapping makes a job ours; rows are read once a sweep. A mapping that fails is ours, and visible. */
export const oursByMapping = ({ mappings }: SweepDependencies, settings: RoutingSettings): IsOurs => {
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
/** Jobs that are looked up in the ledger; oldest first, so the rest comes with the next sweeps. */
const MOST_READ = 2_000;
const READ_AT_ONCE = 20;

const byCreation = (one: GitLabJob, other: GitLabJob): number =>
  one.createdAt - other.createdAt || one.id - other.id;

/** What pending jobs lack, some of them at once: after a burst thousands are half-way (I-26). */
const pendingFindings = async (
  { world, look, part, isOurs, usedUp, until }: ReconcileContext,
  jobs: readonly GitLabJob[],
): Promise<readonly Discrepancy[]> => {
  const reads = budget(world.clock, MOST_READ, until);
  const findings: Discrepancy[] = [];
  for (let start = 0; start < jobs.length; start += READ_AT_ONCE) {
    const portion = jobs.slice(start, start + READ_AT_ONCE).filter(() => reads.take());
    const found = await Promise.all(
      portion.map((job) =>
        part("pending-job", undefined, () => findPending(world.ledger, look, job, isOurs, usedUp), job.id),
      ),
    );
    findings.push(...found.filter((finding) => finding !== undefined));
  }
  return findings;
};

/** Jobs that GitLab shows pending or running: what of their start or pick-up is missing. */
export const jobFindings = async (pass: ReconcileContext): Promise<readonly Discrepancy[]> => {
  const { look, index } = pass;
  const jobs = [...look.jobs.values()].sort(byCreation);
  const running = jobs.flatMap((job) => findRunning(look, index, job) ?? []);
  const unmet = jobs.filter((job) => isUnassigned(job) && !isClearlyMet(look, index, job));
  const isUsedUp = (job: GitLabJob): boolean => look.seen.has(usedUpKey(job));
  for (const job of unmet.filter(isUsedUp)) pass.usedUp.add(usedUpKey(job));
  const open = unmet.filter((job) => !isUsedUp(job));
  return [...running, ...(await pendingFindings(pass, open))];
};

/** Begins elsewhere in every minute, so that a bound on calls does not leave the same ones out each time. */
const rotated = <Item>(items: readonly Item[], now: Time): readonly Item[] => {
  const first = (Math.floor(now / MINUTE) * ROTATE_BY) % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
};

/** Attempts whose job GitLab does not show any more: their end is missing. */
export const endFindings = async ({
  world,
  look,
  part,
  readJob,
}: ReconcileContext): Promise<readonly Discrepancy[]> => {
  const findings: Discrepancy[] = [];
  for (const attempt of rotated([...look.attempts, ...look.waiting], look.now)) {
    const { jobId } = attempt;
    const missing = await part("attempt", undefined, () => findEnded(look, attempt, readJob), jobId);
    if (missing?.kind === "found") findings.push(missing.finding);
    if (missing?.kind === "deleted") {
      await part("deleted-job", undefined, () => closeDeleted(world, attempt), jobId);
    }
  }
  return findings;
};

/** Open runners that are to be ended, but for those whose job's end is on its way. */
export const runnerFindings = async (
  pass: ReconcileContext,
  endedJobs: ReadonlySet<number>,
): Promise<readonly Discrepancy[]> => {
  const { world, look, part, readJob, listCalls } = pass;
  const runnerWorld = { gitLab: world.gitLab, instances: world.instances, readJob, listCalls };
  const findings: Discrepancy[] = [];
  for (const runner of rotated(look.runners, look.now)) {
    const isOnItsWay = runner.state !== "GONE" && endedJobs.has(runner.busyJobId ?? runner.jobId);
    if (isOnItsWay) continue;
    const { runnerId } = runner;
    const found = await part("runner", undefined, () => findRunnerEnd(runnerWorld, look, runner), runnerId);
    if (found) findings.push(found);
  }
  return findings;
};

const MOST_SEEN = 5_000;

/** What the next sweep will know to have been here before. */
export const seenNow = ({ look, index, usedUp }: ReconcileContext): readonly string[] => {
  const keys = [...look.jobs.values()].flatMap((job) => {
    if (job.status === "running")
      return index.lastAttempt.get(job.id)?.state === "RUNNING" ? [] : [runningKey(job)];
    return isUnassigned(job) && !isClearlyMet(look, index, job) ? [pendingKey(job)] : [];
  });
  return [...usedUp, ...keys].slice(0, MOST_SEEN);
};
