import { TransientError } from "../../../Core/errors";
import {
  type Attempt,
  advanceAttempt,
  advanceRunner,
  isInLine,
  mayBecome,
  type Runner,
  type Time,
  touch,
} from "../../../Core/ledger";
import { closeUnstarted } from "./close-attempt";
import { follow } from "./commit";
import { isHeld, noteRefusal, readPace } from "./pace";
import { giveBack } from "./places";
import type { Change, Launch } from "./ports";
import type { StartOutcome } from "./start-outcome";
import { NEXT_TURN } from "./turns";
import { rememberClass } from "./wait-in-line";
import type { World } from "./world";

export type LaunchWorld = Pick<World, "ledger" | "rows" | "gitLab" | "provider" | "clock" | "metric">;

type Launched = Extract<Launch, { kind: "launched" }>;
type Refused = Extract<Launch, { kind: "refused" }>;

const resourceOf = ({ resourceId, market, pricePerHour }: Launched) => ({ resourceId, market, pricePerHour });

/** The attempt that the runner serves now; a swap may have changed it since the launch. */
const servedAttempt = async (world: LaunchWorld, runner: Runner): Promise<Attempt | undefined> =>
  (await world.ledger.attempts(runner.jobId)).find((one) => one.attempt === runner.attempt);

const launchedAttempt = (attempt: Attempt, launch: Launched, now: Time): Attempt => {
  const patch = { ...resourceOf(launch), waitingFor: undefined };
  return mayBecome(attempt, "LAUNCHED")
    ? advanceAttempt(attempt, "LAUNCHED", now, { ...patch, reason: undefined })
    : touch(attempt, patch);
};

/** Written whatever the state has become meanwhile: what runs must be known. */
const storeLaunch = (world: LaunchWorld, { runnerId }: Runner, launch: Launched): Promise<StartOutcome> =>
  follow(world.ledger, async () => {
    const now = world.clock.now();
    const result = { kind: "launched", runnerId, resourceId: launch.resourceId } as const;
    const runner = await world.ledger.runner(runnerId);
    if (runner === undefined || runner.resourceId === launch.resourceId) return { changes: [], result };
    const attempt = await servedAttempt(world, runner);
    const times = { ...runner.times, LAUNCHED: now };
    const { bootstrapKey } = launch;
    const patch = { ...resourceOf(launch), bootstrapKey, lease: undefined, reason: undefined };
    const stored = { ...touch(runner, patch), times };
    const changes: Change[] = [{ put: stored }];
    if (attempt?.runnerId === runnerId) changes.push({ put: launchedAttempt(attempt, launch, now) });
    return { changes, result };
  });

/** The changes that put an attempt with its runner in line, among those that have none yet. */
const intoLine = async (world: LaunchWorld, runner: Runner): Promise<readonly Change[]> => {
  const attempt = await servedAttempt(world, runner);
  if (attempt === undefined || isInLine(attempt)) return [];
  const inLine = touch(attempt, { waitingFor: "ec2" });
  return isInLine(inLine) ? [{ put: inLine }, ...(await rememberClass(world.ledger, attempt.classKey))] : [];
};

/** What became of a launch call that brought no instance; without an answer it may have brought one. */
type Held = Refused["refusal"] | "no answer";

/**
 * None to be had just now: the runner stays and the sweep tries again. Where nothing runs the round is raised first,
 * so the next call is a new one; what asks with an old token gets the old answer.
 */
const keepForLater = (world: LaunchWorld, { runnerId }: Runner, held: Held): Promise<StartOutcome> =>
  follow(world.ledger, async () => {
    const runner = await world.ledger.runner(runnerId);
    const isPaced = runner?.carrier === "EC2" && held === "rate";
    const next = isPaced ? { placeFreed: NEXT_TURN } : {};
    const result = { kind: "waiting", waitingFor: "launch", ...next } as const;
    if (runner === undefined || runner.resourceId !== undefined) return { changes: [], result };
    const line = isPaced ? await intoLine(world, runner) : [];
    const launchRound = runner.launchRound + (held === "no answer" ? 0 : 1);
    return {
      changes: [{ put: touch(runner, { launchRound, lease: undefined, reason: held }) }, ...line],
      result,
    };
  });

const goneChanges = async (
  world: LaunchWorld,
  runnerId: number,
  reason: string,
  now: Time,
): Promise<readonly Change[]> => {
  const runner = await world.ledger.runner(runnerId);
  if (runner === undefined || runner.state === "GONE") return [];
  const patch = { lease: undefined, place: undefined, reason, endRequestedAt: runner.endRequestedAt ?? now };
  return [{ put: advanceRunner(runner, "GONE", now, patch) }, ...giveBack(runner)];
};

const markDeleted = (world: LaunchWorld, runnerId: number): Promise<void> =>
  follow(world.ledger, async () => {
    const runner = await world.ledger.runner(runnerId);
    const isMarked = runner === undefined || runner.recordDeletedAt !== undefined;
    const changes = isMarked ? [] : [{ put: touch(runner, { recordDeletedAt: world.clock.now() }) }];
    return { changes, result: undefined };
  });

/**
 * An operator must act, and nothing runs. The runner's token was given to nobody, so its record goes at once;
 * if GitLab fails here, the ledger still shows a record to delete.
 */
const abandon = async (world: LaunchWorld, runner: Runner, refused: Refused): Promise<StartOutcome> => {
  const attempt = await servedAttempt(world, runner);
  const outcome =
    attempt === undefined
      ? ({ kind: "nothing", reason: "its attempt is unknown" } as const)
      : await closeUnstarted(world, attempt, {
          reason: refused.message,
          metricReason: "launch-refused",
          runnerChanges: (now) => goneChanges(world, runner.runnerId, refused.message, now),
        });
  await world.rows.remove(runner.nonce);
  if (world.gitLab.mode === "verified") await world.gitLab.deleteRunner(runner.runnerId);
  await markDeleted(world, runner.runnerId);
  return outcome;
};

const adopt = async (world: LaunchWorld, runner: Runner, launch: Launched): Promise<StartOutcome> => {
  if (launch.bootstrapKey !== undefined) await world.rows.move(runner.nonce, launch.bootstrapKey);
  return storeLaunch(world, runner, launch);
};

/** EC2 has refused others since this one was claimed: the call would only cost. */
const mustWait = async (world: LaunchWorld, runner: Runner, wokenAt: Time | undefined): Promise<boolean> =>
  runner.carrier === "EC2" && isHeld((await readPace(world.ledger)).pace, wokenAt);

const LEAST_PAUSE_MILLISECONDS = 1_000;
const PAUSE_SPREAD_MILLISECONDS = 4_000;

/** A pause of one to five seconds that differs from runner to runner. */
const pauseOf = ({ runnerId }: Runner): number =>
  LEAST_PAUSE_MILLISECONDS + ((runnerId * 2_654_435_761) % PAUSE_SPREAD_MILLISECONDS);

/** A start that goes on from what another one stored is not the first to call. */
const isFirstCall = (runner: Runner): boolean => runner.version === 1;

/**
 * Whether to call once more in a moment: after a refusal for the number of calls it may have been a moment's. In a
 * burst everybody else is refused as well, and waits for the sweep: tries of them all would be a storm (F-33). The
 * pace is EC2's: what Lambda refuses holds no instance back.
 */
const isWorthATry = async (world: LaunchWorld, runner: Runner, launch: Refused): Promise<boolean> => {
  if (launch.refusal !== "rate") return false;
  return runner.carrier === "EC2" ? noteRefusal(world.ledger, world.clock.now()) : isFirstCall(runner);
};

/** Undefined: no answer, it may have launched. */
const call = async (launch: () => Promise<Launch>): Promise<Launch | undefined> => {
  try {
    return await launch();
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};

/**
 * A launch, and one more call where that may help: the only place that repeats one (I-25). After a lost answer the
 * repeat looks first, for what is there may have been bought in another market (I-19).
 */
const launchOrRetry = async (world: LaunchWorld, runner: Runner): Promise<Launch | undefined> => {
  const { provider, clock } = world;
  const launch = await call(() => provider.launch(runner));
  if (launch?.kind === "launched") return launch;
  const isRepeated = launch === undefined ? isFirstCall(runner) : await isWorthATry(world, runner, launch);
  if (!isRepeated) return launch;
  await clock.sleep(pauseOf(runner));
  return call(async () => (launch ? undefined : await provider.find(runner)) ?? provider.launch(runner));
};

/**
 * Launches a stored runner. The row moves to the instance's key before the launch is stored: whoever dies in
 * between is repeated from the start, and a repeat gets the same instance (I-18, I-19).
 *
 * @param wokenAt when the sweep last let this job go
 * @throws TransientError when the ledger or GitLab fails: the repeat adopts what was launched
 */
export const launchRunner = async (
  world: LaunchWorld,
  runner: Runner,
  wokenAt: Time | undefined,
): Promise<StartOutcome> => {
  if (await mustWait(world, runner, wokenAt)) return keepForLater(world, runner, "rate");
  const launch = await launchOrRetry(world, runner);
  if (launch?.kind === "launched") return adopt(world, runner, launch);
  if (launch?.refusal === "configuration") return abandon(world, runner, launch);
  const held = launch?.refusal ?? "no answer";
  world.metric("LaunchesRefused", 1, { refusal: held });
  return keepForLater(world, runner, held);
};
