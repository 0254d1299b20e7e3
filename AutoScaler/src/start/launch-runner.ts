import { defined } from "../../../Core/defined";
import { advanceRunner, isQueued, type StartedRunner, type Time, touch } from "../../../Core/model/ledger";
import type { LaunchHoldCode } from "../../../Core/model/reasons";
import { CAUSE_OF_HOLD } from "../../../Core/waiting/causes";
import { enter } from "../../../Core/waiting/marks";
import type { Dependencies } from "../dependencies";
import { isHeld, readLaunchRate } from "../launch-rate/launch-rate";
import { closeUnstarted } from "../ledger/close-attempt";
import { retryOnConflict } from "../ledger/commit";
import { releaseSlot } from "../limits/slots";
import type { Launch, LedgerChange } from "../ports";
import { freedLaunch, freedTwoLaunches } from "../queue/freed";
import { joinQueue } from "../queue/rotation";
import type { StartOutcome } from "../queue/start-outcome";
import { learn, restingPlan } from "../spot/spot-plan";
import { launchOrRetry } from "./launch-call";
import { type PricedLaunch, readRunner, type Started, servedAttempt, storeLaunch } from "./store-launch";

export type LaunchDependencies = Pick<
  Dependencies,
  "ledger" | "rows" | "gitLab" | "provider" | "clock" | "metric" | "spotPools" | "prices" | "deploymentId"
>;

type Refused = Extract<Launch, { kind: "refused" }>;

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
  const plan = heldBy === "no-answer" ? {} : await restingPlan(dependencies, order);
  return retryOnConflict(dependencies.ledger, async () => {
    const runner = await readRunner(dependencies, runnerId);
    const isRateLimited = runner?.provider === "EC2" && heldBy === "rate";
    const next = isRateLimited ? { freed: freedLaunch } : {};
    const result = { kind: "waiting", waitingFor: "launch", ...next } as const;
    if (runner === undefined || runner.resourceId !== undefined) return { changes: [], result };
    const queue = isRateLimited ? await toQueue(dependencies, runner) : [];
    const launchRound = runner.launchRound + (heldBy === "no-answer" ? 0 : 1);
    const held = holdPatch(runner, hold, dependencies.clock.now());
    const patch = { ...held, ...plan, launchRound, lease: undefined };
    return { changes: [{ put: touch(runner, patch) }, ...queue], result };
  });
};

const goneChanges = async (
  dependencies: LaunchDependencies,
  runnerId: number,
  { reason = "launch-refused", message: detail }: Refused,
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
  refused: Refused,
): Promise<StartOutcome> => {
  const attempt = await servedAttempt(dependencies, runner);
  const outcome =
    attempt === undefined
      ? ({ kind: "nothing", reason: "attempt-unknown" } as const)
      : await closeUnstarted(dependencies, attempt, {
          reason: refused.reason ?? "launch-refused",
          detail: refused.message,
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
  const { nonce } = started.runner;
  if (launch.bootstrapKey !== undefined) await dependencies.rows.move(nonce, launch.bootstrapKey);
  return storeLaunch(dependencies, started, launch);
};

/** EC2 has refused others since this one was claimed: the call would only cost. */
const mustWait = async (
  dependencies: LaunchDependencies,
  runner: StartedRunner,
  dispatchedAt: Time | undefined,
): Promise<boolean> =>
  runner.provider === "EC2" && isHeld((await readLaunchRate(dependencies.ledger)).launchRate, dispatchedAt);

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
    return keepForLater(dependencies, runner, { heldBy: "rate", begunAt });
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
    return foundLimit && outcome.kind === "launched" ? { ...outcome, freed: freedTwoLaunches } : outcome;
  }
  if (launch?.refusal === "configuration") return abandon(dependencies, runner, launch);
  const heldBy = launch?.refusal ?? "no-answer";
  dependencies.metric("LaunchesRefused", 1, { refusal: heldBy });
  return keepForLater(dependencies, runner, { heldBy, begunAt, ...defined({ detail: launch?.message }) });
};
