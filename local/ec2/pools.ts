/** Capacity, quotas and request rate. A key is `spot`, `on-demand/t4g.small` or `spot/t4g.small/subnet-1`. */
export interface PoolSettings {
  /** Remaining instances by key; without an entry unlimited. */
  readonly capacity: Readonly<Record<string, number>>;
  /** Concurrent instances of a market; without an entry unlimited. */
  readonly limits: Readonly<Partial<Record<"spot" | "on-demand", number>>>;
  /** Keys of pools that do not exist. */
  readonly unsupported: readonly string[];
  /** Token bucket for launch calls; absent: unlimited. */
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
  private remaining: Record<string, number> = {};
  private tokens = 0;
  private filledAt = 0;

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
}
