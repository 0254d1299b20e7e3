import type { Slot } from "../../../Core/model/ledger";
import type { RunnerClass } from "../../../Core/model/runner-class";
import { classKey } from "../../../Core/model/runner-class";
import { type Ledger, type LedgerChange, type Limits, SHARDS, STACK } from "../ports";

/**
 * How a limit is spread over counters, so that a burst does not queue for one item. The shards' limits sum up to it.
 *
 * @param limit whole number; below one there are no slots
 */
export const shardLimit = (limit: number, shard: number): number => {
  const used = Math.min(limit, SHARDS);
  if (shard >= used) return 0;
  return Math.floor(limit / used) + (shard < limit % used ? 1 : 0);
};

/**
 * A shard with room, looked for from `start` on. The sum counts too: after a limit was lowered the shards beyond
 * it are still taken (I-22).
 */
export const freeShard = (counts: readonly number[], limit: number, start: number): number | undefined => {
  const taken = counts.reduce((sum, count) => sum + count, 0);
  if (taken >= limit) return undefined;
  const inTurn = Array.from({ length: SHARDS }, (_, offset) => (start + offset) % SHARDS);
  return inTurn.find((shard) => (counts[shard] ?? 0) < shardLimit(limit, shard));
};

export interface FreeSlot {
  readonly slot: Slot;
  readonly take: readonly LedgerChange[];
}

/** A slot under both limits, or undefined. `start` spreads a burst: neighbours begin at neighbouring shards. */
export const findSlot = async (
  ledger: Ledger,
  limits: Limits,
  runnerClass: RunnerClass,
  start: number,
): Promise<FreeSlot | undefined> => {
  const key = classKey(runnerClass);
  const [stackCounts, classCounts] = await Promise.all([ledger.slots(STACK), ledger.slots(key)]);
  const stackShard = freeShard(stackCounts, limits.stack, start);
  const classShard = freeShard(classCounts, limits.ofClass(runnerClass), start);
  if (stackShard === undefined || classShard === undefined) return undefined;
  const take = (scope: string, shard: number, limit: number): LedgerChange => ({
    take: { scope, shard, limit: shardLimit(limit, shard) },
  });
  return {
    slot: { stackShard, classShard },
    take: [take(STACK, stackShard, limits.stack), take(key, classShard, limits.ofClass(runnerClass))],
  };
};

/** The changes that free an item's slot; none when it holds none. */
export const releaseSlot = ({
  slot,
  classKey: key,
}: {
  readonly slot?: Slot;
  readonly classKey?: string | undefined;
}): readonly LedgerChange[] =>
  slot === undefined || key === undefined
    ? []
    : [
        { releaseSlot: { scope: STACK, shard: slot.stackShard } },
        { releaseSlot: { scope: key, shard: slot.classShard } },
      ];
