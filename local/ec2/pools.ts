import { vcpusOf } from "../../Core/account/vcpus";
import type { AccountLimits, LimitKey } from "../limits/account-limits";

/** Capacity, quotas and request rate. A key is `spot`, `on-demand/t4g.small` or `spot/t4g.small/subnet-1`. */
export interface PoolSettings {
  /** Remaining instances by key; without an entry unlimited. */
  readonly capacity: Readonly<Record<string, number>>;
  /** Concurrent instances of a market; without an entry unlimited. */
  readonly limits: Readonly<Partial<Record<"spot" | "on-demand", number>>>;
  /** vCPUs of a market's living instances together; without an entry unlimited. */
  readonly vcpus?: Readonly<Partial<Record<"spot" | "on-demand", number>>>;
  /** False: the account lacks the service-linked role of EC2 Spot. */
  readonly hasSpotRole?: boolean;
  /** Keys of pools that do not exist. */
  readonly unsupported: readonly string[];
  /** Token bucket for launch calls; absent: unlimited. */
  readonly rate?: { readonly burst: number; readonly perSecond: number };
}

export const UNLIMITED: PoolSettings = { capacity: {}, limits: {}, unsupported: [] };

/** What an account's limits leave of EC2. */
export const accountPools = ({ onDemandVcpus, spotVcpus, spotRoles }: AccountLimits): PoolSettings => ({
  ...UNLIMITED,
  vcpus: { spot: spotVcpus.value, "on-demand": onDemandVcpus.value },
  hasSpotRole: spotRoles.value > 0,
});

export interface Pool {
  readonly boughtAs: "spot" | "on-demand";
  readonly instanceType: string;
  readonly subnetId: string;
}

export interface PoolError {
  readonly code: string;
  readonly message: string;
}

const keysOf = ({ boughtAs, instanceType, subnetId }: Pool): readonly string[] => [
  boughtAs,
  `${boughtAs}/${instanceType}`,
  `${boughtAs}/${instanceType}/${subnetId}`,
];

/** Says nothing of the pool: the same of each. */
const NO_SPOT_ROLE: PoolError = {
  code: "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
  message:
    "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
};

/** What lives in a market: its instances' types. */
export type Living = readonly { readonly instanceType: string }[];

const LIMIT_CODES = { spot: "MaxSpotInstanceCountExceeded", "on-demand": "VcpuLimitExceeded" } as const;

/** EC2's capacity, quotas and request rate. */
export class Pools {
  private settings: PoolSettings;
  private remaining: Record<string, number> = {};
  private tokens = 0;
  private filledAt = 0;

  /**
   * @param account what stays after a reset
   * @param onMet told of each refusal for a limit of the account
   */
  constructor(
    readonly account: PoolSettings = UNLIMITED,
    private readonly onMet: (key: LimitKey) => void = () => undefined,
  ) {
    this.settings = account;
  }

  set(settings: PoolSettings, now: number): void {
    this.settings = settings;
    this.remaining = { ...settings.capacity };
    this.tokens = settings.rate?.burst ?? 0;
    this.filledAt = now;
  }

  get(): PoolSettings {
    return { ...this.settings, capacity: { ...this.remaining } };
  }

  /** Takes a token for one launch call; false when there is none. */
  admits(now: number): boolean {
    const { rate } = this.settings;
    if (rate === undefined) return true;
    const refilled = ((now - this.filledAt) / 1_000) * rate.perSecond;
    this.tokens = Math.min(rate.burst, this.tokens + refilled);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Takes one instance of a pool, or returns EC2's error. */
  take(pool: Pool, living: Living): PoolError | undefined {
    if (pool.boughtAs === "spot" && this.settings.hasSpotRole === false) {
      this.onMet("spotRoles");
      return NO_SPOT_ROLE;
    }
    const keys = keysOf(pool);
    if (keys.some((key) => this.settings.unsupported.includes(key))) {
      return {
        code: "Unsupported",
        message: `${pool.instanceType} is not offered in ${pool.subnetId}'s zone.`,
      };
    }
    const limit = this.settings.limits[pool.boughtAs];
    if (limit !== undefined && living.length >= limit) {
      return { code: LIMIT_CODES[pool.boughtAs], message: `The limit of ${limit} is reached.` };
    }
    const beyond = this.#beyondVcpus(pool, living);
    if (beyond !== undefined) return beyond;
    const counted = keys.filter((key) => this.remaining[key] !== undefined);
    if (counted.some((key) => (this.remaining[key] ?? 0) < 1)) {
      return {
        code: "InsufficientInstanceCapacity",
        message: `There is no ${pool.boughtAs} capacity of ${pool.instanceType} there now.`,
      };
    }
    for (const key of counted) this.remaining[key] = (this.remaining[key] ?? 0) - 1;
    return undefined;
  }

  /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
  #beyondVcpus({ boughtAs, instanceType }: Pool, living: Living): PoolError | undefined {
    const most = this.settings.vcpus?.[boughtAs];
    const used = living.reduce((sum, one) => sum + vcpusOf(one.instanceType), 0);
    if (most === undefined || used + vcpusOf(instanceType) <= most) return undefined;
    this.onMet(boughtAs === "spot" ? "spotVcpus" : "onDemandVcpus");
    const message =
      boughtAs === "spot"
        ? "Max spot instance count exceeded"
        : `You have requested more vCPU capacity than your current vCPU limit of ${most} allows for the instance bucket that the specified instance type belongs to.`;
    return { code: LIMIT_CODES[boughtAs], message };
  }
}
