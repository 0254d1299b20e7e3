import type { Time } from "../../../../Core/ledger";
import type { SweepState } from "../../../../Core/ledger/reconciler-state";
import type { RoutingSettings } from "../../../../Core/routing";
import type { GitLabRunner, Instance } from "../ports";
import { type Adoption, adoptInstances, adoptRecords, NOTHING_ADOPTED } from "./adopt";
import { askGitLab } from "./ask-gitlab";
import { type Budget, budget } from "./budget";
import { putFindings, unique } from "./collect";
import { indexOf } from "./find-pending";
import { jobReader } from "./job-reader";
import { leaveSweep, takeSweep } from "./lease";
import { letGo } from "./let-go";
import type { Discrepancy, Snapshot } from "./look";
import { failingParts, type Part, type PassFailure, parts } from "./parts";
import {
  endFindings,
  jobFindings,
  oursByMapping,
  type ReconcileContext,
  runnerFindings,
  type SweepDependencies,
  seenNow,
} from "./pass";
import type { JobsRead } from "./read-jobs";
import { allPages, readLedger } from "./read-ledger";
import { reportOf, type SweepReport } from "./report";

/** Calls that list, of 600 a minute that GitLab allows a user; then calls for single jobs. */
const LIST_CALLS = 100;
const SINGLE_CALLS = 200;
/** Of the function's 55 seconds. */
const ASKS_FOR_MILLISECONDS = 35_000;
/** From the sweep's begin too: the rest of its time is for putting what it found. */
const READS_FOR_MILLISECONDS = 43_000;
const RECORD_PAGES = 10;
/** What was not seen for so long begins anew. */
const UNKNOWN_KEPT_MILLISECONDS = 3_600_000;

type Records = { readonly records: readonly GitLabRunner[]; readonly recordsCursor?: string };

const listInstances = async ({ instances }: SweepDependencies): Promise<Snapshot["instances"]> => {
  const all = await allPages((cursor) => instances.list(cursor));
  return new Map(all.map((instance): [string, Instance] => [instance.instanceId, instance]));
};

/** The records that the token may see, some pages a sweep. */
const readRecords = async (
  { gitLab }: SweepDependencies,
  state: SweepState,
  calls: Budget,
): Promise<Records> => {
  if (gitLab.mode === "payload") return { records: [] };
  const records: GitLabRunner[] = [];
  let cursor = state.recordsCursor;
  for (let page = 0; page < RECORD_PAGES && calls.take(); page += 1) {
    const { items, next } = await gitLab.runners(cursor);
    records.push(...items);
    if (next === undefined) return { records };
    cursor = next;
  }
  return { records, ...(cursor === undefined ? {} : { recordsCursor: cursor }) };
};

const endedJob = ({ kind, event }: Discrepancy): readonly number[] =>
  kind === "ended" && event.detailType === "GitLabJobEvent" ? [event.job.id] : [];

const adoptAll = async (
  world: SweepDependencies,
  look: Snapshot,
  part: Part,
  state: SweepState,
  { records }: Records,
) => {
  const { ledger, deploymentId } = world;
  const fromGitLab = await part<Adoption>("adoption", NOTHING_ADOPTED, () =>
    adoptRecords(ledger, look, records, deploymentId, state.unknown),
  );
  const fromAws = await part<Adoption>("adoption", NOTHING_ADOPTED, () =>
    adoptInstances(ledger, look, state.unknown),
  );
  return [fromGitLab, fromAws];
};

const unknownFrom = (state: SweepState, adoptions: readonly Adoption[], now: Time): SweepState["unknown"] => {
  const before = Object.entries(state.unknown).filter(([, since]) => now - since < UNKNOWN_KEPT_MILLISECONDS);
  return Object.assign(Object.fromEntries(before), ...adoptions.map(({ unknown }) => unknown));
};

interface Seen {
  readonly pass: ReconcileContext;
  readonly jobs: JobsRead;
  readonly failures: PassFailure[];
}

const lookAround = async (
  world: SweepDependencies,
  settings: RoutingSettings,
  state: SweepState,
): Promise<Seen> => {
  const failures: PassFailure[] = [];
  const part = parts(failures);
  const begin = world.clock.now();
  const until = begin + ASKS_FOR_MILLISECONDS;
  const listCalls = budget(world.clock, LIST_CALLS, until);
  const open = await readLedger(world.ledger);
  const jobs = await askGitLab(world, state, open, listCalls, part);
  const instances = await part("instances", undefined, () => listInstances(world));
  const { listed, partial } = jobs;
  const look: Snapshot = {
    now: world.clock.now(),
    ...open,
    jobs: jobs.jobs,
    listed,
    partial,
    instances,
    seen: new Set(state.seen),
  };
  const readJob = jobReader(world.gitLab, look, budget(world.clock, SINGLE_CALLS, until), part);
  const isOurs = oursByMapping(world, settings);
  const readsUntil = begin + READS_FOR_MILLISECONDS;
  const usedUp = new Set<string>();
  const index = indexOf(look);
  const pass = { world, look, index, part, readJob, listCalls, isOurs, usedUp, until: readsUntil };
  return { pass, jobs, failures };
};

/** Ends go first: they free places, and a sweep that dies half-way has done them. */
const sweepAll = async (world: SweepDependencies, settings: RoutingSettings, state: SweepState) => {
  const { pass, jobs, failures } = await lookAround(world, settings, state);
  const { look, part, index, listCalls } = pass;
  const ends = await endFindings(pass);
  const runnerEnds = await runnerFindings(pass, new Set(ends.flatMap(endedJob)));
  const starts = await jobFindings(pass);
  const line = await part("waiting-line", [], () => letGo(world, look, index));
  const read = await part<Records>("records", { records: [] }, () => readRecords(world, state, listCalls));
  const adoptions = await adoptAll(world, look, part, state, read);
  for (const what of adoptions.flatMap((adoption) => adoption.failures))
    failures.push({ part: "adoption", what, error: "could not be adopted" });
  const adopted = adoptions.flatMap(({ findings }) => findings);
  const found = unique([...ends, ...runnerEnds, ...adopted, ...starts, ...line]);
  const put = await putFindings(world, found, part);
  const next: SweepState = {
    projects: jobs.projects,
    projectsReadAt: jobs.projectsReadAt,
    nextProject: jobs.nextProject,
    ...(read.recordsCursor === undefined ? {} : { recordsCursor: read.recordsCursor }),
    seen: seenNow(pass),
    unknown: unknownFrom(state, adoptions, look.now),
    refusals: jobs.refusals,
    failing: failingParts(state.failing, failures, look.now),
    doneAt: world.clock.now(),
  };
  return { report: reportOf(world, look, put, failures), next };
};

/**
 * Compares GitLab, the ledger and AWS, and puts on the bus the events that should have come. It starts and ends
 * nothing itself. What carries our mark and is in no ledger gets an item first, after a grace time.
 *
 * @param settings of the mapping, to tell our pending jobs from others'
 */
export const sweep = async (world: SweepDependencies, settings: RoutingSettings): Promise<SweepReport> => {
  const held = await takeSweep(world);
  if (held === undefined) return { kind: "skipped" };
  try {
    const { report, next } = await sweepAll(world, settings, held.state);
    await leaveSweep(world, held, next);
    return report;
  } catch (error) {
    await leaveSweep(world, held, held.state);
    throw error;
  }
};
