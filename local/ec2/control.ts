import type { Ec2Faults, PlannedError } from "./faults";
import { DEFAULT_TIMING, type InstanceRegistry, type Timing } from "./instances";
import { type PoolSettings, type Pools, UNLIMITED } from "./pools";

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
    readonly registry: InstanceRegistry;
    readonly pools: Pools;
    readonly faults: Ec2Faults;
    readonly now: () => number;
  },
): void => {
  const { registry, pools, faults, now } = parts;
  if (control.reset) {
    pools.set(UNLIMITED, now());
    faults.clear();
    registry.timing = DEFAULT_TIMING;
  }
  if (control.pools) pools.set({ ...UNLIMITED, ...control.pools }, now());
  for (const error of control.errors ?? []) faults.plan(error);
  if (control.loseAnswers !== undefined) faults.loseAnswers(control.loseAnswers);
  if (control.failMetadata !== undefined) faults.failMetadata(control.failMetadata);
  if (control.timing) registry.timing = { ...registry.timing, ...control.timing };
  for (const id of control.interrupt ?? []) registry.interrupt(id);
  for (const id of control.rebalance ?? []) registry.rebalance(id);
  for (const id of control.stop ?? []) void registry.end(id, "stopped", "Client.UserInitiatedShutdown");
  for (const id of control.terminate ?? [])
    void registry.end(id, "terminated", "Client.UserInitiatedShutdown");
};
