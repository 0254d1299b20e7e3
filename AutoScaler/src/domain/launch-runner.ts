import {
  advanceAttempt,
  advanceRunner,
  isInLine,
  isOrdered,
  mayBecome,
  type OrderedAttempt,
  type StartedRunner,
  type Time,
  touch,
} from "../../../Core/ledger";
import type { LaunchHoldCode } from "../../../Core/reasons";
import { closeUnstarted } from "./close-attempt";
import { follow } from "./commit";
import type { Dependencies } from "./dependencies";
import { freedLaunch } from "./freed";
import { launchOrRetry } from "./launch-call";
import { isHeld, readPace } from "./pace";
import { giveBack } from "./places";
import type { Launch, LedgerChange } from "./ports";
import type { StartOutcome } from "./start-outcome";
import { rememberClass } from "./wait-in-line";

export type LaunchDependencies = Pick<
  Dependencies,
  "ledger" | "rows" | "gitLab" | "provider" | "clock" | "metric"
>;

type Launched = Extract<Launch, { kind: "launched" }>;
type Refused = Extract<Launch, { kind: "refused" }>;

const resourceOf = ({ resourceId, market, pricePerHour }: Launched) => ({ resourceId, market, pricePerHour });

/** The attempt that the runner serves now; a swap may have changed it since the launch. */
const servedAttempt = async (
  world: LaunchDependencies,
  runner: StartedRunner,
): Promise<OrderedAttempt | undefined> =>
  (await world.ledger.attempts(runner.jobId)).find(
    (one): one is OrderedAttempt => isOrdered(one) && one.attempt === runner.attempt,
  );

/** The runner as it stands now. */
const readRunner = async (
  { ledger }: LaunchDependencies,
  runnerId: number,
): Promise<StartedRunner | undefined> => {
  const runner = await ledger.runner(runnerId);
  return runner?.adopted ? undefined : runner;
};

const launchedAttempt = (attempt: OrderedAttempt, launch: Launched, now: Time): OrderedAttempt => {
  const patch = { ...resourceOf(launch), waitingFor: undefined };
  return mayBecome(attempt, "LAUNCHED")
    ? advanceAttempt(attempt, "LAUNCHED", now, { ...patch, reason: undefined, detail: undefined })
    : touch(attempt, patch);
};

/** Written whatever the state has become meanwhile: what runs must be known. */
const storeLaunch = (
  world: LaunchDependencies,
  { runnerId }: StartedRunner,
  launch: Launched,
): Promise<StartOutcome> =>
  follow(world.ledger, async () => {
    const now = world.clock.now();
    const result = { kind: "launched", runnerId, resourceId: launch.resourceId } as const;
    const runner = await readRunner(world, runnerId);
    if (runner === undefined || runner.resourceId === launch.resourceId) return { changes: [], result };
    const attempt = await servedAttempt(world, runner);
    const times = { ...runner.times, LAUNCHED: now };
    const { bootstrapKey } = launch;
    const patch = { ...resourceOf(launch), bootstrapKey, lease: undefined, heldBy: undefined };
    const stored = { ...touch(runner, patch), times };
    const changes: LedgerChange[] = [{ put: stored }];
    if (attempt?.runnerId === runnerId) changes.push({ put: launchedAttempt(attempt, launch, now) });
    return { changes, result };
  });

/** The changes that put an attempt with its runner in line, among those that have none yet. */
const intoLine = async (
  world: LaunchDependencies,
  runner: StartedRunner,
): Promise<readonly LedgerChange[]> => {
  const attempt = await servedAttempt(world, runner);
  if (attempt === undefined || isInLine(attempt)) return [];
  const inLine = touch(attempt, { waitingFor: "launch-rate" });
  return isInLine(inLine) ? [{ put: inLine }, ...(await rememberClass(world.ledger, attempt.classKey))] : [];
};

/**
 * None to be had just now: the runner stays and the sweep tries again. Where nothing runs the round is raised first,
 * so the next call is a new one; what asks with an old token gets the old answer.
 */
const keepForLater = (
  world: LaunchDependencies,
  { runnerId }: StartedRunner,
  heldBy: LaunchHoldCode,
): Promise<StartOutcome> =>
  follow(world.ledger, async () => {
    const runner = await readRunner(world, runnerId);
    const isPaced = runner?.carrier === "EC2" && heldBy === "rate";
    const next = isPaced ? { freed: freedLaunch } : {};
    const result = { kind: "waiting", waitingFor: "launch", ...next } as const;
    if (runner === undefined || runner.resourceId !== undefined) return { changes: [], result };
    const line = isPaced ? await intoLine(world, runner) : [];
    const launchRound = runner.launchRound + (heldBy === "no-answer" ? 0 : 1);
    return {
      changes: [{ put: touch(runner, { launchRound, lease: undefined, heldBy }) }, ...line],
      result,
    };
  });

const goneChanges = async (
  world: LaunchDependencies,
  runnerId: number,
  detail: string,
  now: Time,
): Promise<readonly LedgerChange[]> => {
  const runner = await readRunner(world, runnerId);
  if (runner === undefined || runner.state === "GONE") return [];
  const endRequestedAt = runner.endRequestedAt ?? now;
  const patch = {
    lease: undefined,
    place: undefined,
    reason: "launch-refused",
    detail,
    endRequestedAt,
  } as const;
  return [{ put: advanceRunner(runner, "GONE", now, patch) }, ...giveBack(runner)];
};

const markDeleted = (world: LaunchDependencies, runnerId: number): Promise<void> =>
  follow(world.ledger, async () => {
    const runner = await readRunner(world, runnerId);
    const isMarked = runner === undefined || runner.recordDeletedAt !== undefined;
    const changes = isMarked ? [] : [{ put: touch(runner, { recordDeletedAt: world.clock.now() }) }];
    return { changes, result: undefined };
  });

/**
 * An operator must act, and nothing runs. The runner's token was given to nobody, so its record goes at once;
 * if GitLab fails here, the ledger still shows a record to delete.
 */
const abandon = async (
  world: LaunchDependencies,
  runner: StartedRunner,
  refused: Refused,
): Promise<StartOutcome> => {
  const attempt = await servedAttempt(world, runner);
  const outcome =
    attempt === undefined
      ? ({ kind: "nothing", reason: "attempt-unknown" } as const)
      : await closeUnstarted(world, attempt, {
          reason: "launch-refused",
          detail: refused.message,
          runnerChanges: (now) => goneChanges(world, runner.runnerId, refused.message, now),
        });
  await world.rows.remove(runner.nonce);
  if (world.gitLab.mode === "verified") await world.gitLab.deleteRunner(runner.runnerId);
  await markDeleted(world, runner.runnerId);
  return outcome;
};

const adopt = async (
  world: LaunchDependencies,
  runner: StartedRunner,
  launch: Launched,
): Promise<StartOutcome> => {
  if (launch.bootstrapKey !== undefined) await world.rows.move(runner.nonce, launch.bootstrapKey);
  return storeLaunch(world, runner, launch);
};

/** EC2 has refused others since this one was claimed: the call would only cost. */
const mustWait = async (
  world: LaunchDependencies,
  runner: StartedRunner,
  wokenAt: Time | undefined,
): Promise<boolean> => runner.carrier === "EC2" && isHeld((await readPace(world.ledger)).pace, wokenAt);

/**
 * Launches a stored runner. The row moves to the instance's key before the launch is stored: whoever dies in
 * between is repeated from the start, and a repeat gets the same instance (I-18, I-19).
 *
 * @param wokenAt when the sweep last let this job go
 * @throws TransientError when the ledger or GitLab fails: the repeat adopts what was launched
 */
export const launchRunner = async (
  world: LaunchDependencies,
  runner: StartedRunner,
  wokenAt: Time | undefined,
): Promise<StartOutcome> => {
  if (await mustWait(world, runner, wokenAt)) return keepForLater(world, runner, "rate");
  const launch = await launchOrRetry(world, runner);
  if (launch?.kind === "launched") return adopt(world, runner, launch);
  if (launch?.refusal === "configuration") return abandon(world, runner, launch);
  const heldBy = launch?.refusal ?? "no-answer";
  world.metric("LaunchesRefused", 1, { refusal: heldBy });
  return keepForLater(world, runner, heldBy);
};
