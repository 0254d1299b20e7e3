import type { Faults, PlannedError } from "./faults";
import { type Timing, USUAL, type World } from "./instances";
import { PLENTY, type PoolSettings, type Pools } from "./pools";

/** What the simulated EC2 can be made to do; each field is independent of the others. */
export interface Ec2Control {
  /** Everything as it was at the start; instances stay. */
  readonly reset?: boolean;
  /** Capacity, quotas and rate: replaces what was set before. */
  readonly pools?: Partial<PoolSettings>;
  readonly errors?: readonly PlannedError[];
  readonly loseAnswers?: number;
  readonly failMetadata?: number;
  readonly timing?: Partial<Timing>;
  /** Instance ids. */
  readonly interrupt?: readonly string[];
  readonly rebalance?: readonly string[];
  readonly stop?: readonly string[];
  readonly terminate?: readonly string[];
}

/** Applies a control; what it starts goes on by itself. */
export const applyControl = (
  control: Ec2Control,
  parts: {
    readonly world: World;
    readonly pools: Pools;
    readonly faults: Faults;
    readonly now: () => number;
  },
): void => {
  const { world, pools, faults, now } = parts;
  if (control.reset) {
    pools.set(PLENTY, now());
    faults.clear();
    world.timing = USUAL;
  }
  if (control.pools) pools.set({ ...PLENTY, ...control.pools }, now());
  for (const error of control.errors ?? []) faults.plan(error);
  if (control.loseAnswers !== undefined) faults.loseAnswers(control.loseAnswers);
  if (control.failMetadata !== undefined) faults.failMetadata(control.failMetadata);
  if (control.timing) world.timing = { ...world.timing, ...control.timing };
  for (const id of control.interrupt ?? []) world.interrupt(id);
  for (const id of control.rebalance ?? []) world.rebalance(id);
  for (const id of control.stop ?? []) void world.end(id, "stopped", "Client.UserInitiatedShutdown");
  for (const id of control.terminate ?? []) void world.end(id, "terminated", "Client.UserInitiatedShutdown");
};
