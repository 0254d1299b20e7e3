import type { PoolFailure, PoolState, SpotPool } from "../model/spot-pool";
import type { LedgerReader, StateRecord } from "./reader";

/** The list of the pools' records in the index: only pools that failed lately have one. */
export const SPOT_POOLS = "spot-pools";

const PREFIX = "spot-pool#";

/** One record a pool, so that failures of several pools do not contend for one. */
export const poolRecordName = (pool: string): string => `${PREFIX}${pool}`;

const isFailure = (value: unknown): value is PoolFailure =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<PoolFailure>).at === "number" &&
  typeof (value as Partial<PoolFailure>).of === "string";

/** A record that cannot be read counts as a pool without failures. */
export const poolState = (record: StateRecord | undefined): PoolState => {
  const { failures, restsUntil }: Partial<Record<keyof PoolState, unknown>> = Object(record?.value);
  return {
    failures: Array.isArray(failures) ? failures.filter(isFailure) : [],
    ...(typeof restsUntil === "number" ? { restsUntil } : {}),
  };
};

/** All pools that failed lately, resting or not. May lag. */
export const readSpotPools = async (ledger: Pick<LedgerReader, "listed">): Promise<readonly SpotPool[]> =>
  (await ledger.listed(SPOT_POOLS)).map((record) => ({
    name: record.name.slice(PREFIX.length),
    ...poolState(record),
  }));
