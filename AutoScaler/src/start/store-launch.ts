import {
  advanceAttempt,
  isOrdered,
  mayBecome,
  type OrderedAttempt,
  type StartedRunner,
  type Time,
  touch,
} from "../../../Core/model/ledger";
import { enter, withHolds } from "../../../Core/waiting/marks";
import { stillWaits } from "../../../Core/waiting/split";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import type { Launch, LaunchPrice, LedgerChange } from "../ports";
import type { StartOutcome } from "../queue/start-outcome";

type StoreDependencies = Pick<Dependencies, "ledger" | "clock">;

export type Launched = Extract<Launch, { kind: "launched" }>;
export type PricedLaunch = Launched & LaunchPrice;

/** What a start stored or found stored. */
export interface Started {
  readonly runner: StartedRunner;
  readonly attempt: OrderedAttempt;
}

/** The attempt that the runner serves now; a swap may have changed it since the launch. */
export const servedAttempt = async (
  dependencies: Pick<StoreDependencies, "ledger">,
  runner: StartedRunner,
): Promise<OrderedAttempt | undefined> =>
  (await dependencies.ledger.attempts(runner.jobId)).find(
    (one): one is OrderedAttempt => isOrdered(one) && one.attempt === runner.attempt,
  );

/** The runner as it stands now. */
export const readRunner = async (
  { ledger }: Pick<StoreDependencies, "ledger">,
  runnerId: number,
): Promise<StartedRunner | undefined> => {
  const runner = await ledger.runner(runnerId);
  return runner?.adopted ? undefined : runner;
};

const resourceOf = ({ resourceId, market, pricePerHour, priceSource }: PricedLaunch) => ({
  resourceId,
  market,
  pricePerHour,
  priceSource,
});

/** What the runner alone stores. */
const ownOf = ({ pool, lacksSpotRole, bootstrapKey, pricePerRequest, environmentGb }: PricedLaunch) => ({
  pool,
  lacksSpotRole,
  bootstrapKey,
  pricePerRequest,
  environmentGb,
});

const NOT_HELD = { heldBy: undefined, heldSince: undefined, holds: undefined, detail: undefined } as const;

/** The attempt takes over what held its runner's launch back. One whose job runs already waits no more. */
const launchedMarks = ({ marks, state }: OrderedAttempt, { holds }: StartedRunner, now: Time) => {
  const held = withHolds(marks, holds);
  return held && stillWaits({ state }) ? enter(held, "boot", now) : marks;
};

const launchedAttempt = (
  attempt: OrderedAttempt,
  runner: StartedRunner,
  launch: PricedLaunch,
  now: Time,
): OrderedAttempt => {
  const marks = launchedMarks(attempt, runner, now);
  const patch = { ...resourceOf(launch), waitingFor: undefined, marks };
  return mayBecome(attempt, "LAUNCHED")
    ? advanceAttempt(attempt, "LAUNCHED", now, { ...patch, reason: undefined, detail: undefined })
    : touch(attempt, patch);
};

/** A runner and the attempt that it serves. */
interface Pair {
  readonly runner: StartedRunner;
  readonly attempt: OrderedAttempt | undefined;
}

const readPair = async (dependencies: StoreDependencies, runnerId: number): Promise<Pair | undefined> => {
  const runner = await readRunner(dependencies, runnerId);
  return runner && { runner, attempt: await servedAttempt(dependencies, runner) };
};

/** As this start stored them, for the first try alone: the ledger refuses it where one has changed meanwhile. */
const knownFirst = (dependencies: StoreDependencies, { runner, attempt }: Started) => {
  const isServed = attempt.jobId === runner.jobId && attempt.attempt === runner.attempt;
  let known: Pair | undefined = isServed ? { runner, attempt } : undefined;
  return async (): Promise<Pair | undefined> => {
    const pair = known ?? (await readPair(dependencies, runner.runnerId));
    known = undefined;
    return pair;
  };
};

/** Written whatever the state has become meanwhile: what runs must be known. */
export const storeLaunch = (
  dependencies: StoreDependencies,
  started: Started,
  launch: PricedLaunch,
): Promise<StartOutcome> => {
  const { runnerId } = started.runner;
  const read = knownFirst(dependencies, started);
  return retryOnConflict(dependencies.ledger, async () => {
    const now = dependencies.clock.now();
    const result = { kind: "launched", runnerId, resourceId: launch.resourceId } as const;
    const pair = await read();
    if (pair === undefined || pair.runner.resourceId === launch.resourceId) return { changes: [], result };
    const { runner, attempt } = pair;
    const times = { ...runner.times, LAUNCHED: now };
    const patch = { ...resourceOf(launch), ...ownOf(launch), ...NOT_HELD, lease: undefined };
    const stored = { ...touch(runner, patch), times };
    const changes: LedgerChange[] = [{ put: stored }];
    if (attempt?.runnerId === runnerId) changes.push({ put: launchedAttempt(attempt, runner, launch, now) });
    return { changes, result };
  });
};
