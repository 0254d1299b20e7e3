import { defined } from "../../../Core/defined";
import { ConfigurationError } from "../../../Core/errors";
import type { ReconcilerState } from "../../../Core/ledger/reconciler-state";
import type { Time } from "../../../Core/model/ledger";
import { isBad } from "../../../Core/routing/mapping-row";
import { type RoutingSettings, readSettings } from "../../../Core/routing/routing";
import type { GitLabRunner, Instance } from "../ports";
import { forgetEmptyQueues } from "../queue/rotation";
import { countRestingPools } from "../spot/count-resting";
import { type Adoption, adoptInstances, adoptRecords, NOTHING_ADOPTED } from "./adopt";
import { type Budget, budget } from "./budget";
import { putDiscrepancies, unique } from "./collect";
import {
  endDiscrepancies,
  jobDiscrepancies,
  oursByMapping,
  type ReconcileContext,
  type ReconcilerDependencies,
  runnerDiscrepancies,
  seenNow,
} from "./context";
import { dispatchQueued } from "./dispatch-queued";
import { indexOf } from "./find/pending";
import { failingParts, type Part, type PassFailure, parts } from "./parts";
import { beginPass, endPass } from "./pass-lease";
import { askGitLab } from "./read/gitlab-jobs";
import { jobReader } from "./read/job-reader";
import type { JobsRead } from "./read/jobs";
import { allPages, readLedger } from "./read/ledger";
import { type PassReport, reportOf } from "./report";
import { dropNotServed, servesProjects } from "./served";
import type { Discrepancy, Snapshot } from "./snapshot";

/** List calls and single-job calls of one pass. GitLab allows a user 600 calls a minute. */
const LIST_CALLS = 100;
const SINGLE_CALLS = 200;
/** Time for calls to GitLab, of the function's 55 seconds. */
const ASKS_FOR_MILLISECONDS = 35_000;
/** Time for all reads, from the start of the pass. The rest of the 55 seconds is for putting events. */
const READS_FOR_MILLISECONDS = 43_000;
const RECORD_PAGES = 10;
/** An unknown item not seen for this long starts its grace time again. */
const UNKNOWN_KEPT_MILLISECONDS = 3_600_000;

type Records = { readonly records: readonly GitLabRunner[]; readonly recordsCursor?: string };

const listInstances = async ({ instances }: ReconcilerDependencies): Promise<Snapshot["instances"]> => {
  const all = await allPages((cursor) => instances.list(cursor));
  return new Map(all.map((instance): [string, Instance] => [instance.instanceId, instance]));
};

/** Reads GitLab's runner records that the token can see, a few pages a pass. */
const readRecords = async (
  { gitLab }: ReconcilerDependencies,
  state: ReconcilerState,
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
  return { records, ...defined({ recordsCursor: cursor }) };
};

const endedJob = ({ kind, event }: Discrepancy): readonly number[] =>
  kind === "ended" && event.detailType === "GitLabJobEvent" ? [event.job.id] : [];

const adoptAll = async (
  dependencies: ReconcilerDependencies,
  snapshot: Snapshot,
  part: Part,
  state: ReconcilerState,
  { records }: Records,
) => {
  const { ledger, deploymentId } = dependencies;
  const fromGitLab = await part<Adoption>("adoption", NOTHING_ADOPTED, () =>
    adoptRecords(ledger, snapshot, records, deploymentId, state.unknown),
  );
  const fromAws = await part<Adoption>("adoption", NOTHING_ADOPTED, () =>
    adoptInstances(ledger, snapshot, state.unknown),
  );
  return [fromGitLab, fromAws];
};

const unknownFrom = (
  state: ReconcilerState,
  adoptions: readonly Adoption[],
  now: Time,
): ReconcilerState["unknown"] => {
  const before = Object.entries(state.unknown).filter(([, since]) => now - since < UNKNOWN_KEPT_MILLISECONDS);
  return Object.assign(Object.fromEntries(before), ...adoptions.map(({ unknown }) => unknown));
};

interface Seen {
  readonly context: ReconcileContext;
  readonly jobs: JobsRead;
  readonly failures: PassFailure[];
}

/** The mapping's settings. Where they cannot be read, nobody new is asked for, and a start that fails says why. */
const readSettingsRow = (
  { mappings }: ReconcilerDependencies,
  stack: RoutingSettings,
  part: Part,
): Promise<RoutingSettings> =>
  part("settings", stack, async () => {
    const settings = await readSettings((pk) => mappings.rows(pk), stack);
    if (isBad(settings)) throw new ConfigurationError(`The mapping's settings row ${settings.problem}`);
    return settings;
  });

const takeSnapshot = async (
  dependencies: ReconcilerDependencies,
  stack: RoutingSettings,
  state: ReconcilerState,
): Promise<Seen> => {
  const failures: PassFailure[] = [];
  const part = parts(failures);
  const begin = dependencies.clock.now();
  const until = begin + ASKS_FOR_MILLISECONDS;
  const listCalls = budget(dependencies.clock, LIST_CALLS, until);
  const settings = await readSettingsRow(dependencies, stack, part);
  const open = await readLedger(dependencies.ledger);
  const jobs = await askGitLab(dependencies, state, open, settings.servedProjects, listCalls, part);
  const instances = await part("instances", undefined, () => listInstances(dependencies));
  const { listed, partial } = jobs;
  const snapshot: Snapshot = {
    now: dependencies.clock.now(),
    ...open,
    jobs: jobs.jobs,
    listed,
    partial,
    instances,
    seen: new Set(state.seen),
  };
  const readJob = jobReader(
    dependencies.gitLab,
    snapshot,
    budget(dependencies.clock, SINGLE_CALLS, until),
    part,
  );
  const isOurs = oursByMapping(dependencies, stack);
  const serves = servesProjects(dependencies, settings, jobs, part);
  const readsUntil = begin + READS_FOR_MILLISECONDS;
  const usedUp = new Set<string>();
  const index = indexOf(snapshot);
  const context = {
    dependencies,
    snapshot,
    index,
    part,
    readJob,
    listCalls,
    settings,
    isOurs,
    serves,
    usedUp,
    until: readsUntil,
  };
  return { context, jobs, failures };
};

/** Ends go first: they free slots, and they are done even if the pass dies half-way. */
const reconcileAll = async (
  dependencies: ReconcilerDependencies,
  settings: RoutingSettings,
  state: ReconcilerState,
) => {
  const { context, jobs, failures } = await takeSnapshot(dependencies, settings, state);
  const { snapshot, part, index, listCalls } = context;
  const ends = await endDiscrepancies(context);
  const runnerEnds = await runnerDiscrepancies(context, new Set(ends.flatMap(endedJob)));
  const starts = await jobDiscrepancies(context);
  const waiting = await dropNotServed(context, snapshot.waiting);
  const queue = await part("queue", [], () =>
    dispatchQueued(dependencies, { ...snapshot, waiting }, index, context.settings),
  );
  await part("queue", undefined, () => forgetEmptyQueues(dependencies, snapshot.queued));
  await part("spot-pools", undefined, () => countRestingPools(dependencies));
  const read = await part<Records>("records", { records: [] }, () =>
    readRecords(dependencies, state, listCalls),
  );
  const adoptions = await adoptAll(dependencies, snapshot, part, state, read);
  for (const what of adoptions.flatMap((adoption) => adoption.failures))
    failures.push({ part: "adoption", what, error: "could not be adopted" });
  const adopted = adoptions.flatMap(({ discrepancies }) => discrepancies);
  const found = unique([...ends, ...runnerEnds, ...adopted, ...starts, ...queue]);
  const put = await putDiscrepancies(dependencies, found, part);
  const next: ReconcilerState = {
    projects: jobs.projects,
    members: jobs.members,
    membersOf: jobs.membersOf,
    projectsReadAt: jobs.projectsReadAt,
    nextProject: jobs.nextProject,
    ...defined({ recordsCursor: read.recordsCursor }),
    seen: seenNow(context),
    unknown: unknownFrom(state, adoptions, snapshot.now),
    refusals: jobs.refusals,
    failing: failingParts(state.failing, failures, snapshot.now),
    doneAt: dependencies.clock.now(),
  };
  return { report: reportOf(dependencies, snapshot, put, failures), next };
};

/**
 * Compares GitLab, the ledger and AWS, and puts the missing events on the bus. It starts and ends nothing
 * itself. Runners and instances with our mark that no ledger item names get one first, after a grace time.
 *
 * @param settings of the mapping: they tell our pending jobs from those of others
 */
export const reconcile = async (
  dependencies: ReconcilerDependencies,
  settings: RoutingSettings,
): Promise<PassReport> => {
  const held = await beginPass(dependencies);
  if (held === undefined) return { kind: "skipped" };
  try {
    const { report, next } = await reconcileAll(dependencies, settings, held.state);
    await endPass(dependencies, held, next);
    return report;
  } catch (error) {
    await endPass(dependencies, held, held.state);
    throw error;
  }
};
