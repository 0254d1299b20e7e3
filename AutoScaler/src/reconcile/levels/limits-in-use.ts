import { LAMBDA } from "../../../../Core/ledger/keys";
import { type Attempt, isOrdered, type Runner, type Slot } from "../../../../Core/model/ledger";
import type { Ledger } from "../../ports";
import { STACK } from "../../ports";
import type { Snapshot } from "../snapshot";

/** How often each key comes. */
export const tally = (keys: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

interface Held {
  readonly slot: Slot;
  readonly classKey: string;
  /** Runners that the class may have. */
  readonly limit: number;
}

const heldBy = (item: Attempt | Runner): readonly Held[] => {
  const isOfClass = item.kind === "attempt" ? isOrdered(item) : item.adopted !== true;
  if (item.slot === undefined || !isOfClass || item.order === undefined) return [];
  const { slot, classKey } = item;
  return classKey === undefined ? [] : [{ slot, classKey, limit: item.order.runnerClass.maxRunners }];
};

const percentOf = (used: number, limit: number): number => (100 * used) / Math.max(1, limit);

type Slots = Pick<Ledger, "slots">;

/** The account's limit is read where runners take slots of it: only then is it the tighter one. */
const lambdaUse = async (ledger: Slots, held: readonly Held[]): Promise<number> => {
  const used = held.filter(({ slot }) => slot.lambdaShard !== undefined).length;
  const limit = used === 0 ? undefined : (await ledger.slots(STACK)).limit;
  return limit === undefined ? 0 : percentOf(used, limit);
};

/** How much of a limit is taken. */
export interface LimitInUse {
  /** `stack`, `lambda`, or a class's key. */
  readonly limit: string;
  /** Above 0; over 100 after a limit was lowered. */
  readonly percent: number;
}

/** The limits of which any is taken, by what a pass has read. Those of projects are left out: there may be hundreds. */
export const limitsInUse = async (
  ledger: Slots,
  { attempts, runners }: Pick<Snapshot, "attempts" | "runners">,
  maxRunners: number,
): Promise<readonly LimitInUse[]> => {
  const held = [...attempts, ...runners].flatMap(heldBy);
  const limits = new Map(held.map(({ classKey, limit }) => [classKey, limit]));
  const ofClasses = [...tally(held.map(({ classKey }) => classKey))].map(([key, count]) => ({
    limit: key,
    percent: percentOf(count, limits.get(key) ?? 0),
  }));
  return [
    { limit: STACK, percent: percentOf(held.length, maxRunners) },
    { limit: LAMBDA, percent: await lambdaUse(ledger, held) },
    ...ofClasses,
  ].filter(({ percent }) => percent > 0);
};
