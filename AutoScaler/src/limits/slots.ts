import { defined } from "../../../Core/defined";
import { LAMBDA, projectScope } from "../../../Core/ledger/keys";
import type { Slot } from "../../../Core/model/ledger";
import { classKey } from "../../../Core/model/runner-class";
import { DEFAULT_LIMITS, type RunnerOrder } from "../../../Core/model/runner-order";
import { type Ledger, type LedgerChange, SHARDS, STACK } from "../ports";

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

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/**
 * A shard with room, looked for from `start` on. The sum counts too: after a limit was lowered the shards beyond
 * it are still taken (I-22).
 */
export const freeShard = (counts: readonly number[], limit: number, start: number): number | undefined => {
  if (sum(counts) >= limit) return undefined;
  const inTurn = Array.from({ length: SHARDS }, (_, offset) => (start + offset) % SHARDS);
  return inTurn.find((shard) => (counts[shard] ?? 0) < shardLimit(limit, shard));
};

export interface FreeSlot {
  readonly slot: Slot;
  readonly take: readonly LedgerChange[];
  /** How many the tightest of the limits leaves, this one among them. */
  readonly left: number;
}

/** What is limited, with its counters. */
interface Limited {
  readonly scope: string;
  readonly limit: number;
  readonly taken: readonly number[];
}

const counters = async (ledger: Pick<Ledger, "slots">, scope: string) => {
  const { taken, limit: ofLambda } = await ledger.slots(scope);
  return { taken, ofLambda };
};

type Limiting = Pick<RunnerOrder, "projectId" | "runnerClass" | "limits">;

/**
 * Reads the stack, the class and, where projects have a limit, the project. For Lambda runners also all of them together,
 * where the account allows fewer than the stack; until a pass has stored that, nothing is known of it.
 */
export const readLimited = async (
  ledger: Pick<Ledger, "slots">,
  { projectId, runnerClass, limits = DEFAULT_LIMITS }: Limiting,
): Promise<readonly Limited[]> => {
  const scopes: (readonly [scope: string, limit: number])[] = [
    [STACK, limits.stack],
    [classKey(runnerClass), runnerClass.maxRunners],
  ];
  if (limits.project !== undefined) scopes.push([projectScope(projectId), limits.project]);
  const read = await Promise.all(
    scopes.map(async ([scope, limit]) => ({ scope, limit, ...(await counters(ledger, scope)) })),
  );
  const ofLambda = runnerClass.type === "LAMBDA" ? read[0]?.ofLambda : undefined;
  if (ofLambda === undefined || ofLambda >= limits.stack) return read;
  return [...read, { scope: LAMBDA, limit: ofLambda, ...(await counters(ledger, LAMBDA)) }];
};

/**
 * A slot under all limits, or undefined. `start` spreads a burst: neighbours begin at neighbouring shards. A project
 * without a limit takes no slot of its own.
 */
export const findSlot = async (
  ledger: Pick<Ledger, "slots">,
  order: Limiting,
  start: number,
): Promise<FreeSlot | undefined> => {
  const limited = await readLimited(ledger, order);
  const shards = limited.map(({ limit, taken }) => freeShard(taken, limit, start));
  const [stackShard, classShard] = shards;
  if (stackShard === undefined || classShard === undefined || shards.includes(undefined)) return undefined;
  const shardOf = (scope: string) => shards[limited.findIndex((each) => each.scope === scope)];
  const projectShard = shardOf(projectScope(order.projectId));
  const project = projectShard === undefined ? undefined : { id: order.projectId, shard: projectShard };
  const others = defined({ project, lambdaShard: shardOf(LAMBDA) });
  const take = limited.map(({ scope, limit }, index): LedgerChange => {
    const shard = shards[index] ?? 0;
    return { take: { scope, shard, limit: shardLimit(limit, shard) } };
  });
  const left = Math.min(...limited.map(({ limit, taken }) => limit - sum(taken)));
  return { slot: { stackShard, classShard, ...others }, take, left };
};

/** A slot's class and what only Lambda's runners count against, taken anew for another class. Undefined: there is no room. */
export const moveSlot = async (
  ledger: Pick<Ledger, "slots">,
  { slot, classKey: from }: { readonly slot?: Slot; readonly classKey: string },
  order: Limiting,
  start: number,
): Promise<{ readonly slot?: Slot; readonly changes: readonly LedgerChange[] } | undefined> => {
  if (slot === undefined) return { changes: [] };
  const to = classKey(order.runnerClass);
  const limited = (await readLimited(ledger, order)).filter(({ scope }) => scope === to || scope === LAMBDA);
  const shards = limited.map(({ limit, taken }) => freeShard(taken, limit, start));
  const [classShard, lambdaShard] = shards;
  if (classShard === undefined || shards.includes(undefined)) return undefined;
  const take = limited.map(({ scope, limit }, index): LedgerChange => {
    const shard = shards[index] ?? 0;
    return { take: { scope, shard, limit: shardLimit(limit, shard) } };
  });
  const release: LedgerChange = { releaseSlot: { scope: from, shard: slot.classShard } };
  return { slot: { ...slot, classShard, ...defined({ lambdaShard }) }, changes: [release, ...take] };
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
        ...(slot.project === undefined
          ? []
          : [{ releaseSlot: { scope: projectScope(slot.project.id), shard: slot.project.shard } }]),
        ...(slot.lambdaShard === undefined
          ? []
          : [{ releaseSlot: { scope: LAMBDA, shard: slot.lambdaShard } }]),
      ];
