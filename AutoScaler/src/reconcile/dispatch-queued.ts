import { isLeased, isOrdered, type OrderedAttempt, type Runner, type Time } from "../../../Core/model/ledger";
import { isLaunchDue, isTooEarly } from "../../../Core/queue/retry-schedule";
import type { RoutingSettings } from "../../../Core/routing/routing";
import { holdingBudget, isBudgetSpent } from "../../../Core/usage/budget";
import type { Dependencies } from "../dependencies";
import { pendingEvent } from "../events";
import {
  isLimited,
  LAUNCH_RATE_RECORDS,
  type LaunchRate,
  type LimitedProvider,
  nextLaunchRate,
  readLaunchRate,
} from "../launch-rate/launch-rate";
import { reservationsAtOnce } from "../launch-rate/reservations";
import { readSpent } from "../limits/spent-budget";
import type { Ledger } from "../ports";
import { roundRobin } from "../queue/round-robin";
import { type SnapshotIndex, waitsForLaunchRate } from "./find/pending";
import type { Part } from "./parts";
import { type RoomLeft, readRoom, take } from "./room";
import { type Discrepancy, isRecent, type Snapshot } from "./snapshot";

export type DispatchDependencies = Pick<Dependencies, "ledger" | "settings" | "mappings">;

/** True when a complete list lacks the job or shows it not pending: it needs no runner. */
const isOver = ({ jobs, listed }: Snapshot, { jobId, order }: OrderedAttempt): boolean => {
  const job = jobs.get(jobId);
  return job === undefined ? listed.has(order.projectId) : job.status !== "pending";
};

const dispatch = (attempt: OrderedAttempt): Discrepancy => ({
  kind: "pending",
  event: pendingEvent(attempt.order, attempt.attempt),
  dispatches: attempt,
});

/** True when enough time has passed since its last dispatch. The time grows with each refusal by EC2. */
const isRested = (attempt: OrderedAttempt, now: Time): boolean =>
  !isRecent(attempt.dispatchedAt, now) && isLaunchDue(attempt, now);

/**
 * Queued jobs with a free slot, the projects round robin. A job whose event is under way also uses up a slot.
 */
export const fromQueue = (snapshot: Snapshot, room: RoomLeft): Discrepancy[] =>
  roundRobin(
    snapshot.waiting.filter((attempt) => !isOver(snapshot, attempt) && !isTooEarly(attempt, snapshot.now)),
    snapshot.queued,
  )
    .filter((attempt) => take(room, attempt) && isRested(attempt, snapshot.now))
    .map(dispatch);

const isHeldRunner = (runner: Runner, now: Time): boolean =>
  runner.state === "STARTING" &&
  runner.resourceId === undefined &&
  waitsForLaunchRate(runner) &&
  !isLeased(runner, now);

/** Takes one of the launches that a provider has room for. */
const takesLaunch = ({ launches }: RoomLeft, provider: Runner["provider"]): boolean =>
  !isLimited(provider) || launches[provider]-- > 0;

const isForBudget = ({ waitingFor }: OrderedAttempt): boolean => waitingFor === "budget";

/** Without those whose project's budget is spent: they wait for the next month, or for a higher budget. */
const withinBudget = async (
  ledger: Ledger,
  { waiting, now }: Snapshot,
  { budgets }: RoutingSettings,
): Promise<readonly OrderedAttempt[]> => {
  const spending = waiting.some(isForBudget) ? await readSpent(ledger) : undefined;
  return waiting.filter((attempt) => {
    const { projectId } = attempt.order;
    const budget = isForBudget(attempt) ? holdingBudget(budgets, projectId) : undefined;
    return !isBudgetSpent(projectId, budget, spending, now);
  });
};

/** Runners whose launch was refused for the number of calls. They go before jobs that have no runner yet. */
const fromLaunchRate = (
  { runners, now }: Snapshot,
  { lastAttempt }: SnapshotIndex,
  room: RoomLeft,
): Discrepancy[] =>
  runners
    .filter((runner) => isHeldRunner(runner, now))
    .flatMap(({ jobId, provider }) => {
      const attempt = lastAttempt.get(jobId);
      return attempt !== undefined && isOrdered(attempt) ? [{ attempt, provider }] : [];
    })
    .filter(({ attempt, provider }) => isRested(attempt, now) && takesLaunch(room, provider))
    .map(({ attempt }) => dispatch(attempt));

/** A provider's launch rate, and who waits for it. */
interface Holding {
  readonly provider: LimitedProvider;
  readonly launchRate: LaunchRate | undefined;
  readonly version: number;
  /** Reservations that those who are dispatched together get. */
  readonly atOnce: number;
  readonly heldJobs: number;
  readonly heldRunners: number;
}

const readHolding = async (
  ledger: Ledger,
  snapshot: Snapshot,
  provider: LimitedProvider,
): Promise<Holding> => {
  const { launchRate, version } = await readLaunchRate(ledger, provider);
  const heldJobs = snapshot.waiting.filter(
    ({ waitingFor, order }) => waitingFor === "launch-rate" && order.runnerClass.type === provider,
  ).length;
  const heldRunners = snapshot.runners.filter(
    (runner) => runner.provider === provider && isHeldRunner(runner, snapshot.now),
  ).length;
  const atOnce = reservationsAtOnce({ provider, launchRate });
  return { provider, launchRate, version, atOnce, heldJobs, heldRunners };
};

/** Undefined: it could not be read. */
const roomAt = (holding: Holding | undefined): number => {
  if (holding === undefined) return 0;
  const { launchRate, heldJobs, heldRunners, atOnce } = holding;
  return launchRate !== undefined || heldJobs + heldRunners > 0 ? atOnce : Number.POSITIVE_INFINITY;
};

/** A short queue is no sign of a limit: under a rate every new job is queued, if only for a moment. */
const storeLaunchRate = async (
  ledger: Ledger,
  holding: Holding | undefined,
  { now, unreadQueues }: Snapshot,
): Promise<void> => {
  if (holding?.launchRate === undefined) return;
  const { provider, launchRate, version, heldRunners, heldJobs, atOnce } = holding;
  const isHolding = heldRunners > 0 || heldJobs > atOnce || unreadQueues.size > 0;
  const value = nextLaunchRate(launchRate, provider, isHolding, now) ?? null;
  await ledger.commit([
    { stateRecord: { name: LAUNCH_RATE_RECORDS[provider], version: version + 1, value } },
  ]);
};

/** Who may start at all: nobody while new starts are off, or while nobody knows whether they are. */
const allowed = async (
  { ledger, settings: { startsAreOn } }: DispatchDependencies,
  snapshot: Snapshot,
  settings: RoutingSettings,
  part: Part,
): Promise<readonly OrderedAttempt[]> => {
  if (!(await part("queue", false, startsAreOn))) return [];
  const others = snapshot.waiting.filter((attempt) => !isForBudget(attempt));
  return part("queue", others, () => withinBudget(ledger, snapshot, settings));
};

/**
/**
 * Dispatches waiting jobs: as many as there are free slots, and as many jobs of a provider as get its reservations at
 * once. Each start dispatches one more later. With new starts off (F-57), only jobs that have a runner are
 * dispatched. A read that fails holds back those alone whom it is about (I-24).
 */
export const dispatchQueued = async (
  dependencies: DispatchDependencies,
  snapshot: Snapshot,
  index: SnapshotIndex,
  settings: RoutingSettings,
  part: Part,
): Promise<readonly Discrepancy[]> => {
  const { ledger } = dependencies;
  const holdingOf = (provider: LimitedProvider) =>
    part("queue", undefined, () => readHolding(ledger, snapshot, provider));
  const [ec2, microVm] = await Promise.all([holdingOf("EC2"), holdingOf("MICROVM")]);
  const launches = { EC2: roomAt(ec2), MICROVM: roomAt(microVm) };
  const room = await readRoom(dependencies, settings, snapshot.waiting, launches, part);
  const rateLimited = fromLaunchRate(snapshot, index, room);
  const waiting = await allowed(dependencies, snapshot, settings, part);
  const queue = fromQueue({ ...snapshot, waiting }, room);
  for (const holding of [ec2, microVm])
    await part("queue", undefined, () => storeLaunchRate(ledger, holding, snapshot));
  return [...rateLimited, ...queue];
};
