import { TransientError } from "../../../Core/errors";
import {
  type AttemptNumber,
  advanceAttempt,
  type Lease,
  type OrderedAttempt,
  type StartedRunner,
  type Time,
  touch,
} from "../../../Core/ledger";
import type { WaitingFor } from "../../../Core/reasons";
import { classKey } from "../../../Core/runner-class";
import type { RunnerOrder } from "../../../Core/runner-order";
import { commit } from "./commit";
import type { Dependencies } from "./dependencies";
import type { NextStep } from "./next-step";
import { type FreePlace, findPlace } from "./places";
import type { LedgerChange } from "./ports";
import { readNextStep } from "./read-next-step";
import type { StartOutcome } from "./start-outcome";
import { type Turn, takeTurn } from "./turns";
import { newWaiting, rememberClass, stillWaiting } from "./wait-in-line";

export type ClaimDependencies = Pick<Dependencies, "ledger" | "settings" | "clock" | "caps" | "metric">;

/** The job is ours to go on with under the lease, or there is nothing to do. */
export type Claim =
  | { readonly kind: "claimed"; readonly attempt: OrderedAttempt; readonly turn: Turn }
  | {
      readonly kind: "resumed";
      readonly attempt: OrderedAttempt;
      readonly runner: StartedRunner;
      readonly turn: Turn;
    }
  | StartOutcome;

type Opening = Extract<NextStep, { kind: "open" | "claim" }>;

/** One start. */
interface Start {
  readonly order: RunnerOrder;
  readonly lease: Lease;
  /** Its turn to launch, taken once however often the claim is tried. Undefined: not within some seconds. */
  readonly turn: (wokenAt: Time | undefined) => Promise<Turn | undefined>;
}

const TRIES = 12;

const checks = (step: Opening): readonly LedgerChange[] =>
  step.kind === "open" ? step.proof.map((item) => ({ check: item })) : [];

const newAttempt = (order: RunnerOrder, number: AttemptNumber, now: number): OrderedAttempt => ({
  kind: "attempt",
  jobId: order.jobId,
  ...number,
  version: 1,
  state: "CLAIMED",
  order,
  classKey: classKey(order.runnerClass),
  times: { CLAIMED: now },
});

const claimedAttempt = (step: Opening, order: RunnerOrder, now: number): OrderedAttempt =>
  step.kind === "open"
    ? newAttempt(order, step.number, now)
    : advanceAttempt(step.waiting, "CLAIMED", now, {
        order: { ...order, queuedAt: step.waiting.order.queuedAt },
        classKey: classKey(order.runnerClass),
        waitingFor: undefined,
      });

/** Every job of ours once, when its first attempt is stored: what JobsFoundBySweep is measured against (F-1). */
const countJob = ({ metric }: ClaimDependencies, step: Opening): void => {
  if (step.kind === "open" && step.number.attempt === 1) metric("JobsSeen", 1);
};

/** Takes the attempt and both places in one transaction. Undefined: somebody was faster. */
const takeAttempt = async (
  world: ClaimDependencies,
  { order, lease }: Start,
  step: Opening,
  free: FreePlace,
  turn: Turn,
): Promise<Claim | undefined> => {
  const attempt = { ...claimedAttempt(step, order, world.clock.now()), lease, place: free.place };
  const done = await commit(world.ledger, [{ put: attempt }, ...checks(step), ...free.take]);
  if (done) countJob(world, step);
  return done ? { kind: "claimed", attempt, turn } : undefined;
};

/** Stores that the attempt waits. Undefined: somebody was faster. */
const putInLine = async (
  world: ClaimDependencies,
  order: RunnerOrder,
  step: Opening,
  waitingFor: WaitingFor,
): Promise<StartOutcome | undefined> => {
  const attempt =
    step.kind === "open"
      ? newWaiting(order, step.number, waitingFor, world.clock.now())
      : stillWaiting(step.waiting, order, waitingFor);
  if (attempt === undefined) return { kind: "waiting", waitingFor };
  const remember = await rememberClass(world.ledger, attempt.classKey);
  const done = await commit(world.ledger, [{ put: attempt }, ...checks(step), ...remember]);
  if (done) countJob(world, step);
  return done ? { kind: "waiting", waitingFor } : undefined;
};

const waitsForPlace = (step: Opening): boolean => step.kind === "claim" && step.waiting.waitingFor === "slot";

/**
 * A job without a place goes into the line first and then looks once more: a place that was freed between the
 * look and the line would otherwise wake nobody. One that sees a place waits for its turn before it takes it.
 */
const openOrWait = async (
  world: ClaimDependencies,
  start: Start,
  step: Opening,
  firstShard: number,
): Promise<Claim | undefined> => {
  const { order } = start;
  if (!(await world.settings.startsAreOn())) return putInLine(world, order, step, "starts-on");
  const free = await findPlace(world.ledger, world.caps, order.runnerClass, firstShard);
  if (free === undefined) {
    const outcome = await putInLine(world, order, step, "slot");
    return waitsForPlace(step) ? outcome : undefined;
  }
  const turn = await start.turn(step.kind === "claim" ? step.waiting.wokenAt : undefined);
  return turn ? takeAttempt(world, start, step, free, turn) : putInLine(world, order, step, "launch-rate");
};

/** Without a turn nothing is written: the sweep comes back to it. */
const takeOver = async (
  world: ClaimDependencies,
  start: Start,
  claimed: OrderedAttempt,
): Promise<Claim | undefined> => {
  const turn = await start.turn(claimed.wokenAt);
  if (turn === undefined) return { kind: "waiting", waitingFor: "launch-rate" };
  const attempt = touch(claimed, { lease: start.lease });
  return (await commit(world.ledger, [{ put: attempt }])) ? { kind: "claimed", attempt, turn } : undefined;
};

/** Without a turn nothing is written: the runner waits as it did. */
const resume = async (
  world: ClaimDependencies,
  start: Start,
  step: Extract<NextStep, { kind: "resume" }>,
): Promise<Claim | undefined> => {
  const turn = await start.turn(step.attempt.wokenAt);
  if (turn === undefined) return { kind: "waiting", waitingFor: "launch" };
  const runner = touch(step.runner, { lease: start.lease });
  const done = await commit(world.ledger, [{ put: runner }]);
  return done ? { kind: "resumed", attempt: step.attempt, runner, turn } : undefined;
};

/** All attempts are used up: the failure is stored and counted once, by whoever commits it. */
const giveUp = async (
  world: ClaimDependencies,
  { last, runner }: Extract<NextStep, { kind: "exhausted" }>,
): Promise<Claim | undefined> => {
  const reason = "attempts-used-up";
  const failed = advanceAttempt(last, "FAILED", world.clock.now(), { reason });
  const proof: readonly LedgerChange[] = runner ? [{ check: runner }] : [];
  if (!(await commit(world.ledger, [{ put: failed }, ...proof]))) return undefined;
  world.metric("JobsFailed", 1, { reason });
  return { kind: "failed", reason };
};

const act = (
  world: ClaimDependencies,
  start: Start,
  step: NextStep,
  firstShard: number,
): Promise<Claim | undefined> | Claim => {
  if (step.kind === "nothing") return step;
  if (step.kind === "exhausted") return giveUp(world, step);
  if (step.kind === "take-over") return takeOver(world, start, step.claimed);
  if (step.kind === "resume") return resume(world, start, step);
  return openOrWait(world, start, step, firstShard);
};

/** Spreads those who meet at one counter; the same for the same job and try. */
const jitter = (jobId: number, round: number): number => round * 40 + ((jobId * 31 + round * 17) % 60);

const newStart = (world: ClaimDependencies, order: RunnerOrder, lease: Lease): Start => {
  let taken: Turn | undefined;
  const turn: Start["turn"] = async (wokenAt) => {
    taken ??= await takeTurn(world, order.runnerClass.type, wokenAt);
    return taken;
  };
  return { order, lease, turn };
};

/**
 * Makes the job ours: claims its next attempt with a place under the caps, or resumes what a start left behind.
 *
 * @throws TransientError when others win a dozen times in a row
 */
export const claim = async (world: ClaimDependencies, order: RunnerOrder, lease: Lease): Promise<Claim> => {
  const start = newStart(world, order, lease);
  for (let round = 0; round < TRIES; round += 1) {
    const step = await readNextStep(world.ledger, order.jobId, () => world.clock.now());
    const outcome = await act(world, start, step, order.jobId + round);
    if (outcome !== undefined) return outcome;
    if (round > 1) await world.clock.sleep(jitter(order.jobId, round));
  }
  throw new TransientError("The ledger's places were contended for: the start is tried again");
};
