/** What EC2 has and allows, changed from outside. A key is `spot`, `on-demand/t4g.small`, `spot/t4g.small/subnet-1`. */
export interface PoolSettings {
  /** Instances that are left; absent: enough. */
  readonly capacity: Readonly<Record<string, number>>;
  /** Instances of a market that may live at a time; absent: enough. */
  readonly limits: Readonly<Partial<Record<"spot" | "on-demand", number>>>;
  /** Types that a market or zone does not offer. */
  readonly unsupported: readonly string[];
  /** Launch calls: a bucket that holds `burst` and is refilled; absent: no limit. */
  readonly rate?: { readonly burst: number; readonly perSecond: number };
}

export const UNLIMITED: PoolSettings = { capacity: {}, limits: {}, unsupported: [] };

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

const LIMIT_CODES = { spot: "MaxSpotInstanceCountExceeded", "on-demand": "VcpuLimitExceeded" } as const;

/** EC2's capacity, quotas and request rate. */
export class Pools {
  private settings: PoolSettings = UNLIMITED;
  private left: Record<string, number> = {};
  private tokens = 0;
  private filledAt = 0;

  set(settings: PoolSettings, now: number): void {
    this.settings = settings;
    this.left = { ...settings.capacity };
    this.tokens = settings.rate?.burst ?? 0;
    this.filledAt = now;
  }

  get(): PoolSettings {
    return { ...this.settings, capacity: { ...this.left } };
  }

  /** Whether one more launch call is allowed now. */
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

  /** Takes one instance of a pool, or says why there is none. */
  take(pool: Pool, living: number): PoolError | undefined {
    const keys = keysOf(pool);
    if (keys.some((key) => this.settings.unsupported.includes(key))) {
      return {
        code: "Unsupported",
        message: `${pool.instanceType} is not offered in ${pool.subnetId}'s zone.`,
      };
    }
    const limit = this.settings.limits[pool.boughtAs];
    if (limit !== undefined && living >= limit) {
      return { code: LIMIT_CODES[pool.boughtAs], message: `The limit of ${limit} is reached.` };
    }
    const counted = keys.filter((key) => this.left[key] !== undefined);
    if (counted.some((key) => (this.left[key] ?? 0) < 1)) {
      return {
        code: "InsufficientInstanceCapacity",
        message: `There is no ${pool.boughtAs} capacity of ${pool.instanceType} there now.`,
      };
    }
    for (const key of counted) this.left[key] = (this.left[key] ?? 0) - 1;
    return undefined;
  }
}
