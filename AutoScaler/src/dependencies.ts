import type { HintMemory } from "./hints/hint-memory";
import type {
  BootstrapRows,
  CacheAccess,
  Clock,
  EventBus,
  GitLab,
  Instances,
  LambdaAccount,
  LaunchPrices,
  Ledger,
  Mappings,
  Metric,
  MicroVmImages,
  MicroVms,
  MinuteCounters,
  Nonce,
  RunnerFunctions,
  RunnerProvider,
  Settings,
} from "./ports";
import type { PoolMemory } from "./spot/pool-memory";

/** All dependencies of the rules. A rule names those that it needs with `Pick`. */
export interface Dependencies {
  readonly ledger: Ledger;
  readonly rows: BootstrapRows;
  readonly mappings: Mappings;
  readonly gitLab: GitLab;
  readonly counters: MinuteCounters;
  /** The memory of this function's execution environment. */
  readonly hints: HintMemory;
  /** What this function's execution environment knows of spot pools. */
  readonly spotPools: PoolMemory;
  /** By what this function's execution environment knows. */
  readonly prices: LaunchPrices;
  readonly provider: RunnerProvider;
  /** EC2's alone are listed; the other calls serve MicroVMs too, by their ids. */
  readonly instances: Instances;
  readonly microVms: MicroVms;
  readonly microVmImages: MicroVmImages;
  readonly functions: RunnerFunctions;
  readonly account: LambdaAccount;
  readonly bus: EventBus;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly nonce: Nonce;
  readonly metric: Metric;
  readonly cacheAccess: CacheAccess;
  readonly deploymentId: string;
}
