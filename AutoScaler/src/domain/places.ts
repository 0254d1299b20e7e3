import type { Place } from "../../../Core/ledger";
import type { RunnerClass } from "../../../Core/runner-class";
import { classKey } from "../../../Core/runner-class";
import { type Caps, type Ledger, type LedgerChange, SHARDS, STACK } from "./ports";

/**
 * How a cap is spread over counters, so that a burst does not queue for one item. The limits sum up to the cap.
 *
 * @param cap whole number; below one there are no places
 */
export const shardLimit = (cap: number, shard: number): number => {
  const used = Math.min(cap, SHARDS);
  if (shard >= used) return 0;
  return Math.floor(cap / used) + (shard < cap % used ? 1 : 0);
};

/**
 * A shard with room, looked for from `start` on. The sum counts too: after a cap was lowered the shards beyond
 * it are still taken (I-22).
 */
export const freeShard = (counts: readonly number[], cap: number, start: number): number | undefined => {
  const taken = counts.reduce((sum, count) => sum + count, 0);
  if (taken >= cap) return undefined;
  const inTurn = Array.from({ length: SHARDS }, (_, offset) => (start + offset) % SHARDS);
  return inTurn.find((shard) => (counts[shard] ?? 0) < shardLimit(cap, shard));
};

export interface FreePlace {
  readonly place: Place;
  readonly take: readonly LedgerChange[];
}

/** A place under both caps, or undefined. `start` spreads a burst: neighbours begin at neighbouring shards. */
export const findPlace = async (
  ledger: Ledger,
  caps: Caps,
  runnerClass: RunnerClass,
  start: number,
): Promise<FreePlace | undefined> => {
  const key = classKey(runnerClass);
  const [stackCounts, classCounts] = await Promise.all([ledger.places(STACK), ledger.places(key)]);
  const stackShard = freeShard(stackCounts, caps.stack, start);
  const classShard = freeShard(classCounts, caps.ofClass(runnerClass), start);
  if (stackShard === undefined || classShard === undefined) return undefined;
  const take = (scope: string, shard: number, cap: number): LedgerChange => ({
    take: { scope, shard, limit: shardLimit(cap, shard) },
  });
  return {
    place: { stackShard, classShard },
    take: [take(STACK, stackShard, caps.stack), take(key, classShard, caps.ofClass(runnerClass))],
  };
};

/** The changes that free an item's place; none when it holds none. */
export const giveBack = ({
  place,
  classKey: key,
}: {
  readonly place?: Place;
  readonly classKey?: string | undefined;
}): readonly LedgerChange[] =>
  place === undefined || key === undefined
    ? []
    : [
        { giveBack: { scope: STACK, shard: place.stackShard } },
        { giveBack: { scope: key, shard: place.classShard } },
      ];
