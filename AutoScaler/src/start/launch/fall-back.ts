import { defined } from "../../../../Core/defined";
import { type StartedRunner, type Time, touch } from "../../../../Core/model/ledger";
import type { FallbackCode, LaunchRefusal } from "../../../../Core/model/reasons";
import { classKey } from "../../../../Core/model/runner-class";
import type { RunnerOrder, StartOrder } from "../../../../Core/model/runner-order";
import { CAUSE_OF_HOLD } from "../../../../Core/waiting/causes";
import { enter } from "../../../../Core/waiting/marks";
import { retryOnConflict } from "../../ledger/commit";
import { moveSlot } from "../../limits/slots";
import type { StartOutcome } from "../../queue/start-outcome";
import { type CreateDependencies, rowOf } from "../create-runner";
import type { NextStep } from "../next-step";
import { readRunner, type Started, servedAttempt } from "../store-launch";
import { launchPlan, type PlanDependencies } from "./launch-plan";

/** The start goes on with another function, whose role may launch what the order names. */
export const elsewhere = (order: StartOrder): Extract<StartOutcome, { kind: "elsewhere" }> => ({
  kind: "elsewhere",
  lookup: { kind: "start", provider: order.runnerClass.type, order },
});

/** The order as the fallback's start gets it. Undefined: its class has none. */
export const fallbackOrder = (order: RunnerOrder, fallbackBy: FallbackCode): RunnerOrder | undefined => {
  const { fallback, ...rest } = order;
  if (fallback === undefined) return undefined;
  const isLambda = fallback.runnerClass.type === "LAMBDA";
  const named = isLambda ? { functionNamedBy: "AutoScaler's DefaultRunnerArn" } : {};
  return { ...rest, ...fallback, ...named, fallbackBy };
};

/** Refusals that another provider answers better than a wait. */
const FALLBACK_ON: Readonly<Partial<Record<LaunchRefusal, FallbackCode>>> = {
  rate: "rate",
  capacity: "capacity",
  limit: "limit",
  configuration: "configuration",
};

const hasFallback = ({ provider, order }: StartedRunner): boolean =>
  provider === "MICROVM" && order.fallback !== undefined;

/** Why a refused launch is left to the fallback. Undefined: it is not. */
export const fallsBackOn = (runner: StartedRunner, refusal: LaunchRefusal): FallbackCode | undefined =>
  hasFallback(runner) ? FALLBACK_ON[refusal] : undefined;

/** The job's own order, for the runner that it has: an exchange may have given it one that was made for another job. */
const withRunnerOf = ({ fallback: _, ...order }: RunnerOrder, made: RunnerOrder): RunnerOrder => {
  const { runnerClass, functionArn, functionNamedBy, fallbackBy } = made;
  return { ...order, runnerClass, ...defined({ functionArn, functionNamedBy, fallbackBy }) };
};

/**
 * A stored step that belongs to another provider's start: its runner is that one's, or its claim fell back. The look-up knows
 * nothing of it, for it reads the mapping alone. What waits follows the mapping again once that names another fallback.
 */
export const startedElsewhere = (order: RunnerOrder, step: NextStep): StartOutcome | undefined => {
  const { type } = order.runnerClass;
  if (type !== "MICROVM") return undefined;
  if (step.kind === "resume")
    return step.runner.provider === type ? undefined : elsewhere(withRunnerOf(order, step.runner.order));
  const stored = step.kind === "take-over" ? step.claimed : step.kind === "claim" ? step.waiting : undefined;
  if (stored?.order.fallbackBy === undefined) return undefined;
  const isStill = order.fallback?.runnerClass.type === stored.order.runnerClass.type;
  return isStill || step.kind === "take-over" ? elsewhere(stored.order) : undefined;
};

type FallBackDependencies = PlanDependencies &
  Pick<CreateDependencies, "ledger" | "gitLab" | "clock"> & {
    readonly rows: { read(key: string): Promise<{ readonly token: string } | undefined> };
  };

const NOT_HELD_ANY_MORE = {
  lease: undefined,
  heldBy: undefined,
  heldSince: undefined,
  detail: undefined,
  microVmImage: undefined,
} as const;

/**
 * Makes a stored runner, of which nothing runs, its fallback's: the same record in GitLab and the same attempt, in one
 * transaction with its row and its slot. So a fallback uses up no attempt, and whoever repeats the start finds whose it is.
 *
 * @returns undefined: the fallback's class has no slot, the row is not there any more, or the runner was launched or ended meanwhile
 */
export const fallBack = async (
  dependencies: FallBackDependencies,
  { runner: { runnerId, nonce } }: Started,
  code: FallbackCode,
  begunAt: Time,
): Promise<StartOutcome | undefined> => {
  const row = await dependencies.rows.read(nonce);
  return retryOnConflict<StartOutcome | undefined>(dependencies.ledger, async () => {
    const runner = await readRunner(dependencies, runnerId);
    const attempt = runner && (await servedAttempt(dependencies, runner));
    const isOpen = runner?.state === "STARTING" && runner.resourceId === undefined;
    const order = isOpen ? fallbackOrder(runner.order, code) : undefined;
    const moved = runner && order && (await moveSlot(dependencies.ledger, runner, order, order.jobId));
    if (row === undefined || runner === undefined || attempt === undefined || order === undefined || !moved)
      return { changes: [], result: undefined };
    const key = classKey(order.runnerClass);
    const now = dependencies.clock.now();
    const next = touch<StartedRunner>(runner, {
      provider: order.runnerClass.type,
      order,
      classKey: key,
      slot: moved.slot,
      launchRound: runner.launchRound + 1,
      holds: enter(runner.holds, CAUSE_OF_HOLD[code === "configuration" ? "other" : code], begunAt),
      ...NOT_HELD_ANY_MORE,
      ...(await launchPlan(dependencies, order)),
    });
    const own = touch(attempt, { order, classKey: key, waitingFor: undefined });
    return {
      changes: [
        { put: next },
        { put: own },
        { bootstrap: rowOf(next, row, dependencies.gitLab, now) },
        ...moved.changes,
      ],
      result: elsewhere(order),
    };
  });
};
