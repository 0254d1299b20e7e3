import { defined } from "../../../Core/defined";
import { advanceRunner, isQueued, type StartedRunner, type Time, touch } from "../../../Core/model/ledger";
import type { LaunchHoldCode } from "../../../Core/model/reasons";
import { CAUSE_OF_HOLD } from "../../../Core/waiting/causes";
import { enter } from "../../../Core/waiting/marks";
import type { Dependencies } from "../dependencies";
import { isHeld, isLimited, readLaunchRate } from "../launch-rate/launch-rate";
import { closeUnstarted } from "../ledger/close-attempt";
import { retryOnConflict } from "../ledger/commit";
import { releaseSlot } from "../limits/slots";
import type { Launch, LedgerChange } from "../ports";
import { freedLaunch, freedTwoLaunches } from "../queue/freed";
import { joinQueue } from "../queue/rotation";
import type { StartOutcome } from "../queue/start-outcome";
import { learn } from "../spot/spot-plan";
import { fallBack, fallsBackOn } from "./launch/fall-back";
import { nextPlan } from "./launch/launch-plan";
import { launchOrRetry } from "./launch-call";
import { type PricedLaunch, readRunner, type Started, servedAttempt, storeLaunch } from "./store-launch";

export type LaunchDependencies = Pick<
  Dependencies,
  | "ledger"
  | "rows"
  | "gitLab"
  | "provider"
  | "clock"
  | "metric"
  | "spotPools"
  | "prices"
  | "deploymentId"
  | "microVmImages"
>;

type Refused = Extract<Launch, { kind: "refused" }>;
/** A refusal, or a launch that was not tried and has no message. */
type Held = Omit<Refused, "message"> & Partial<Pick<Refused, "message">>;

/** No call was made: others of the provider were refused for their number. */
const HELD_BY_RATE = { kind: "refused", refusal: "rate" } as const;

/** What holds a launch back. */
interface Hold {
  readonly heldBy: LaunchHoldCode;
  /** When the launch was begun that came to this. */
  readonly begunAt: Time;
  /** What AWS said, for people. */
  readonly detail?: string;
}

/** A hold that goes on keeps its begin, and AWS's last word on it. */
const holdPatch = (runner: StartedRunner, { heldBy, begunAt, detail }: Hold, now: Time) => {
  const isSame = runner.heldBy === heldBy;
  return {
    heldBy,
    heldSince: (isSame ? runner.heldSince : undefined) ?? now,
    holds: enter(runner.holds, CAUSE_OF_HOLD[heldBy], begunAt),
    detail: detail ?? (isSame ? runner.detail : undefined),
  };
};

/** The changes that put an attempt with its runner in the queue, among those that have none yet. */
const toQueue = async (
  dependencies: LaunchDependencies,
  runner: StartedRunner,
): Promise<readonly LedgerChange[]> => {
  const attempt = await servedAttempt(dependencies, runner);
  if (attempt === undefined || isQueued(attempt)) return [];
  const queued = touch(attempt, { waitingFor: "launch-rate" });
  if (!isQueued(queued)) return [];
  await joinQueue(dependencies, queued);
  return [{ put: queued }];
};

/**
 * None to be had just now: the runner stays and the reconciler tries again. Where nothing runs the round is raised first,
 * so the next call is a new one; what asks with an old token gets the old answer.
 */
const keepForLater = async (
  dependencies: LaunchDependencies,
  { runnerId, order }: StartedRunner,
  hold: Hold,
): Promise<StartOutcome> => {
  const { heldBy } = hold;
  // With a new round the request may be another one.
  const plan = heldBy === "no-answer" ? {} : await nextPlan(dependencies, order);
  return retryOnConflict(dependencies.ledger, async () => {
    const runner = await readRunner(dependencies, runnerId);
    const limited = heldBy === "rate" && isLimited(runner?.provider) ? runner.provider : undefined;
    const next = limited ? { freed: freedLaunch(limited) } : {};
    const result = { kind: "waiting", waitingFor: "launch", ...next } as const;
    if (runner === undefined || runner.resourceId !== undefined) return { changes: [], result };
    const queue = limited ? await toQueue(dependencies, runner) : [];
    const launchRound = runner.launchRound + (heldBy === "no-answer" ? 0 : 1);
    const held = holdPatch(runner, hold, dependencies.clock.now());
    const patch = { ...held, ...plan, launchRound, lease: undefined };
    return { changes: [{ put: touch(runner, patch) }, ...queue], result };
  });
};

const goneChanges = async (
  dependencies: LaunchDependencies,
  runnerId: number,
  { reason = "launch-refused", message: detail }: Held,
  now: Time,
): Promise<readonly LedgerChange[]> => {
  const runner = await readRunner(dependencies, runnerId);
  if (runner === undefined || runner.state === "GONE") return [];
  const endRequestedAt = runner.endRequestedAt ?? now;
  const patch = {
    lease: undefined,
    slot: undefined,
    reason,
    detail,
    endRequestedAt,
  } as const;
  return [{ put: advanceRunner(runner, "GONE", now, patch) }, ...releaseSlot(runner)];
};

const markDeleted = (dependencies: LaunchDependencies, runnerId: number): Promise<void> =>
  retryOnConflict(dependencies.ledger, async () => {
    const runner = await readRunner(dependencies, runnerId);
    const isMarked = runner === undefined || runner.recordDeletedAt !== undefined;
    const changes = isMarked ? [] : [{ put: touch(runner, { recordDeletedAt: dependencies.clock.now() }) }];
    return { changes, result: undefined };
  });

/**
 * An operator must act, and nothing runs. The runner's token was given to nobody, so its record goes at once;
 * if GitLab fails here, the ledger still shows a record to delete.
 */
const abandon = async (
  dependencies: LaunchDependencies,
  runner: StartedRunner,
  refused: Held,
): Promise<StartOutcome> => {
  const attempt = await servedAttempt(dependencies, runner);
  const outcome =
    attempt === undefined
      ? ({ kind: "nothing", reason: "attempt-unknown" } as const)
      : await closeUnstarted(dependencies, attempt, {
          reason: refused.reason ?? "launch-refused",
          ...defined({ detail: refused.message }),
          runnerChanges: (now) => goneChanges(dependencies, runner.runnerId, refused, now),
        });
  await dependencies.rows.remove(runner.nonce);
  if (dependencies.gitLab.mode === "verified") await dependencies.gitLab.deleteRunner(runner.runnerId);
  await markDeleted(dependencies, runner.runnerId);
  return outcome;
};

const adopt = async (
  dependencies: LaunchDependencies,
  started: Started,
  launch: PricedLaunch,
): Promise<StartOutcome> => {
  const { nonce, provider } = started.runner;
  if (launch.bootstrapKey !== undefined) await dependencies.rows.move(nonce, launch.bootstrapKey);
  const outcome = await storeLaunch(dependencies, started, launch);
  // It got its token with its launch: what is stored is repeated no more.
  if (provider === "MICROVM") await dependencies.rows.remove(nonce);
  return outcome;
};

/** Others have been refused since this one was claimed: the call would only cost. */
const mustWait = async (
  dependencies: LaunchDependencies,
  runner: StartedRunner,
  dispatchedAt: Time | undefined,
): Promise<boolean> =>
  isLimited(runner.provider) &&
  isHeld((await readLaunchRate(dependencies.ledger, runner.provider)).launchRate, dispatchedAt);

/** Nothing was launched. A class with a fallback does not wait for what a MicroVM waits for. */
const afterRefusal = async (
  dependencies: LaunchDependencies,
  started: Started,
  refused: Held,
  begunAt: Time,
): Promise<StartOutcome> => {
  const { runner } = started;
  const { refusal, message: detail } = refused;
  const code = fallsBackOn(runner, refusal);
  const fallen = code && (await fallBack(dependencies, started, code, begunAt));
  if (fallen) return fallen;
  return refusal === "configuration"
    ? abandon(dependencies, runner, refused)
    : keepForLater(dependencies, runner, { heldBy: refusal, begunAt, ...defined({ detail }) });
};

/**
 * Launches a stored runner. The row moves to the instance's key before the launch is stored: whoever dies in
 * between is repeated from the start, and a repeat gets the same instance (I-18, I-19).
 *
 * @throws TransientError when the ledger or GitLab fails: the repeat adopts what was launched
 */
export const launchRunner = async (
  dependencies: LaunchDependencies,
  started: Started,
): Promise<StartOutcome> => {
  const { runner, attempt } = started;
  const begunAt = dependencies.clock.now();
  if (await mustWait(dependencies, runner, attempt.dispatchedAt))
    return afterRefusal(dependencies, started, HELD_BY_RATE, begunAt);
  // The prices are read beside the launch: no job waits for them.
  const [{ launch, foundLimit }, priceLaunch] = await Promise.all([
    launchOrRetry(dependencies, runner),
    dependencies.prices.pricing(dependencies),
  ]);
  if (launch !== undefined) await learn(dependencies, runner, launch);
  if (launch?.kind === "launched") {
    const outcome = await adopt(dependencies, started, {
      ...launch,
      ...priceLaunch(runner, launch),
    });
    // Those held meanwhile would wait for the next pass.
    return foundLimit && outcome.kind === "launched"
      ? { ...outcome, freed: freedTwoLaunches("EC2") }
      : outcome;
  }
  if (launch?.refusal !== "configuration")
    dependencies.metric("LaunchesRefused", 1, { refusal: launch?.refusal ?? "no-answer" });
  return launch === undefined
    ? keepForLater(dependencies, runner, { heldBy: "no-answer", begunAt })
    : afterRefusal(dependencies, started, launch, begunAt);
};
