import { defined } from "../../../Core/defined";
import { ConfigurationError } from "../../../Core/errors";
import type { ReconcilerState } from "../../../Core/ledger/reconciler-state";
import type { Time } from "../../../Core/model/ledger";
import { isBad } from "../../../Core/routing/mapping-row";
import { type RoutingSettings, readSettings } from "../../../Core/routing/routing";
import { storeLambdaLimit } from "../limits/account-limit";
import { pauseBetweenStarts } from "../limits/pause-between-starts";
import type { GitLabJob } from "../ports";
import { leaveEmpty } from "../queue/rotation";
import { countRestingPools } from "../spot/count-resting";
import { recordOutage } from "../waits/gitlab-outage";
import { type Adoption, adoptInstances, adoptRecords, NOTHING_ADOPTED } from "./adopt";
import { type Budget, budget } from "./budget";
import { AT_ONCE, putDiscrepancies, unique, without } from "./collect";
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
import { putLevels } from "./levels/put-levels";
import { failingParts, type Part, type PassFailure, parts } from "./parts";
import { beginPass, endPass } from "./pass-lease";
import { askGitLab } from "./read/gitlab-jobs";
import { jobReader } from "./read/job-reader";
import type { JobsRead } from "./read/jobs";
import { readLedger } from "./read/ledger";
import { readMachines } from "./read/machines";
import { type Records, readRecords } from "./read/records";
import { type Reconciled, reportOf } from "./report";
import { dropNotServed, servesProjects } from "./served";
import type { Discrepancy, Snapshot } from "./snapshot";

/** List calls of one pass. */
const LIST_CALLS = 100;
const MINUTE = 60_000;
/** An unknown item not seen for this long starts its grace time again. */
const UNKNOWN_KEPT_MILLISECONDS = 3_600_000;

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
  readonly machines: Pick<ReconcilerState, "microVmsCursor">;
}

/** What the passes of one minute share. */
export interface Minute {
  /** For jobs asked for one by one. */
  readonly singleCalls: Budget;
  /** No call to GitLab after this time. */
  readonly asksUntil: Time;
  /** No read at all after this time: what was found has to be put on the bus. */
  readonly readsUntil: Time;
  /** Projects that the passes before have listed. */
  readonly listed: ReadonlySet<number>;
}

/** A pass that is done. */
export interface FinishedPass {
  readonly context: ReconcileContext;
  readonly report: Reconciled;
  /** Projects that it listed. */
  readonly listed: readonly number[];
  /** It had no list calls left for the other projects. */
  readonly isOutOfCalls: boolean;
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

/** GitLab answered for no project: jobs whose look-up failed for that have nothing stored under them (see gitlab-outage.ts). */
const recordIfDown = async (
  { ledger, clock }: ReconcilerDependencies,
  { doneAt }: ReconcilerState,
  { listed }: JobsRead,
  failures: readonly PassFailure[],
): Promise<void> => {
  const now = clock.now();
  const isDown = listed.size === 0 && failures.some(({ part }) => part === "project");
  if (isDown) await recordOutage(ledger, "gitlab", Math.max(doneAt, now - MINUTE), now);
};

const takeSnapshot = async (
  dependencies: ReconcilerDependencies,
  stack: RoutingSettings,
  state: ReconcilerState,
  { singleCalls, asksUntil, readsUntil, listed: listedBefore }: Minute,
): Promise<Seen> => {
  const failures: PassFailure[] = [];
  const part = parts(failures);
  const listCalls = budget(dependencies.clock, LIST_CALLS, asksUntil);
  const settings = await readSettingsRow(dependencies, stack, part);
  const open = await readLedger(dependencies.ledger, part);
  const { servedProjects } = settings;
  const jobs = await askGitLab(dependencies, state, open, servedProjects, listedBefore, listCalls, part);
  const readAt = dependencies.clock.now();
  await part("project", undefined, () => recordIfDown(dependencies, state, jobs, failures));
  const { instances, ...machines } = await readMachines(dependencies, state, part);
  const { listed, partial } = jobs;
  const snapshot: Snapshot = {
    now: dependencies.clock.now(),
    readAt,
    ...open,
    jobs: jobs.jobs,
    listed,
    partial,
    instances,
    seen: new Set(state.seen),
  };
  const readJob = jobReader(dependencies.gitLab, snapshot, singleCalls, part);
  const isOurs = oursByMapping(dependencies, stack);
  const serves = servesProjects(dependencies, settings, jobs, part);
  const notes = { usedUp: new Set<string>(), young: new Set<GitLabJob>() };
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
    notes,
    until: readsUntil,
  };
  return { context, jobs, failures, machines };
};

/**
 * What the account allows goes first, so that no start of this pass takes more. Jobs that wait for their start go next: they
 * need only what is read already. Ends take calls of their own, and go before the queue, since they free slots.
 */
const reconcileAll = async (
  dependencies: ReconcilerDependencies,
  settings: RoutingSettings,
  state: ReconcilerState,
  minute: Minute,
) => {
  const { context, jobs, failures, machines } = await takeSnapshot(dependencies, settings, state, minute);
  const { snapshot, part, index, listCalls } = context;
  const accountReadAt = await part("account", state.accountReadAt, () =>
    storeLambdaLimit(dependencies, state.accountReadAt),
  );
  const starts = unique(await jobDiscrepancies(context));
  const pause = await part("account", 0, () =>
    pauseBetweenStarts(dependencies.ledger, starts.length, AT_ONCE),
  );
  const putFirst = await putDiscrepancies(dependencies, starts, part, pause);
  const ends = await endDiscrepancies(context);
  const runnerEnds = await runnerDiscrepancies(context, new Set(ends.flatMap(endedJob)));
  const waiting = await dropNotServed(context, snapshot.waiting);
  const queue = await part("queue", [], () =>
    dispatchQueued(dependencies, { ...snapshot, waiting }, index, context.settings, part),
  );
  for (const project of snapshot.queued)
    await part(
      "queue",
      undefined,
      () => leaveEmpty(dependencies.ledger, project, dependencies.clock.now()),
      project.projectId,
    );
  await part("spot-pools", undefined, () => countRestingPools(dependencies));
  await part("levels", undefined, () => putLevels(dependencies, snapshot, context.settings));
  const read = await part<Records>("records", { records: [] }, () =>
    readRecords(dependencies.gitLab, state, listCalls),
  );
  const adoptions = await adoptAll(dependencies, snapshot, part, state, read);
  for (const what of adoptions.flatMap((adoption) => adoption.failures))
    failures.push({ part: "adoption", what, error: "could not be adopted" });
  const adopted = adoptions.flatMap(({ discrepancies }) => discrepancies);
  const found = without(starts, unique([...ends, ...runnerEnds, ...adopted, ...queue]));
  const put = [...putFirst, ...(await putDiscrepancies(dependencies, found, part))];
  const next: ReconcilerState = {
    projects: jobs.projects,
    members: jobs.members,
    membersOf: jobs.membersOf,
    projectsReadAt: jobs.projectsReadAt,
    nextProject: jobs.nextProject,
    ...defined({ recordsCursor: read.recordsCursor }),
    ...machines,
    seen: seenNow(context, minute.listed.size === 0 ? [] : state.seen),
    unknown: unknownFrom(state, adoptions, snapshot.now),
    refusals: jobs.refusals,
    failing: failingParts(state.failing, failures, snapshot.now),
    accountReadAt,
    doneAt: dependencies.clock.now(),
  };
  const done: FinishedPass = {
    context,
    report: reportOf(dependencies, snapshot, put, failures),
    listed: [...jobs.listed, ...jobs.partial],
    isOutOfCalls: jobs.nextProject !== 0 && listCalls.left() === 0,
  };
  return { done, next };
};

/**
 * One pass, under the lease that lets one run at a time (F-50). Undefined: another one is running.
 *
 * @param settings of the mapping: they tell our pending jobs from those of others
 */
export const runPass = async (
  dependencies: ReconcilerDependencies,
  settings: RoutingSettings,
  minute: Minute,
): Promise<FinishedPass | undefined> => {
  const held = await beginPass(dependencies);
  if (held === undefined) return undefined;
  try {
    const { done, next } = await reconcileAll(dependencies, settings, held.state, minute);
    await endPass(dependencies, held, next);
    return done;
  } catch (error) {
    await endPass(dependencies, held, held.state);
    throw error;
  }
};
