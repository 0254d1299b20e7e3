import type { Time } from "./ledger-items";

/**
 * A pool of spot capacity: an instance type in one zone. Each subnet of ours is in a zone of its own, so the
 * subnet stands for the zone.
 *
 * @example "m7g.large/subnet-0123456789abcdef0"
 */
export const spotPool = (instanceType: string, subnetId: string): string => `${instanceType}/${subnetId}`;

/** The instance type of a pool's name. */
export const instanceTypeOf = (pool: string): string => pool.slice(0, pool.indexOf("/"));

/** The subnet of a pool's name. */
export const subnetOf = (pool: string): string => pool.slice(pool.indexOf("/") + 1);

/** When a pool is left alone: after so many failures within a time, for a time. */
export interface SpotBreaker {
  readonly failures: number;
  readonly withinMinutes: number;
  readonly restMinutes: number;
}

/** Where the mapping's settings say nothing else. */
export const DEFAULT_SPOT_BREAKER: SpotBreaker = { failures: 2, withinMinutes: 15, restMinutes: 30 };

/** An interruption or a refusal for capacity. */
export interface PoolFailure {
  readonly at: Time;
  /** The interrupted instance, or the launch that was refused: a repeated report counts once. */
  readonly of: string;
}

export interface PoolState {
  readonly failures: readonly PoolFailure[];
  /** Absent: it never had enough failures. */
  readonly restsUntil?: Time;
}

/** A pool as the ledger knows it. */
export interface SpotPool extends PoolState {
  readonly name: string;
}

/** No instance is to be started in it now. */
export const isResting = ({ restsUntil }: PoolState, now: Time): boolean =>
  restsUntil !== undefined && now < restsUntil;
