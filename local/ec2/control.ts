import type { Ec2Faults, InstallFault, PlannedError } from "./faults";
import { DEFAULT_TIMING, type InstanceRegistry, type Timing } from "./instances";
import type { PoolSettings, Pools } from "./pools";

/** Instructions to the simulated EC2. The fields are independent of each other. */
export interface Ec2Control {
  /** Resets settings and faults; instances stay. */
  readonly reset?: boolean;
  /** Capacity, quotas and request rate; replaces earlier settings. */
  readonly pools?: Partial<PoolSettings>;
  readonly errors?: readonly PlannedError[];
  readonly loseAnswers?: number;
  readonly failMetadata?: number;
  /** How installations on plain images fail from now on; null: they succeed again. */
  readonly failInstallations?: InstallFault | null;
  readonly timing?: Partial<Timing>;
  /** Instance ids. */
  readonly interrupt?: readonly string[];
  readonly rebalance?: readonly string[];
  readonly stop?: readonly string[];
  readonly terminate?: readonly string[];
}

/** Applies the instructions. Interruptions and terminations continue in the background. */
export const applyControl = (
  control: Ec2Control,
  dependencies: {
    readonly registry: InstanceRegistry;
    readonly pools: Pools;
    readonly faults: Ec2Faults;
    readonly now: () => number;
  },
): void => {
  const { registry, pools, faults, now } = dependencies;
  if (control.reset) {
    pools.set(pools.account, now());
    faults.clear();
    registry.timing = DEFAULT_TIMING;
  }
  if (control.pools) pools.set({ ...pools.account, ...control.pools }, now());
  for (const error of control.errors ?? []) faults.plan(error);
  if (control.loseAnswers !== undefined) faults.loseAnswers(control.loseAnswers);
  if (control.failMetadata !== undefined) faults.failMetadata(control.failMetadata);
  if (control.failInstallations !== undefined) {
    faults.failInstallations(control.failInstallations ?? undefined);
  }
  if (control.timing) registry.timing = { ...registry.timing, ...control.timing };
  for (const id of control.interrupt ?? []) registry.interrupt(id);
  for (const id of control.rebalance ?? []) registry.rebalance(id);
  for (const id of control.stop ?? []) void registry.end(id, "stopped", "Client.UserInitiatedShutdown");
  for (const id of control.terminate ?? [])
    void registry.end(id, "terminated", "Client.UserInitiatedShutdown");
};
