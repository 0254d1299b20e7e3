import { poolRecordName, poolState, SPOT_POOLS } from "../../../Core/ledger/spot-pools";
import {
  DEFAULT_SPOT_BREAKER,
  isResting,
  type PoolFailure,
  type PoolState,
  type SpotBreaker,
} from "../../../Core/model/spot-pool";
import type { Dependencies } from "../dependencies";

const MINUTE = 60_000;

/**
 * A pool's state after one more failure: with enough failures within the time it rests. A pure function.
 *
 * @returns undefined: it changes nothing, since the pool rests already or the failure is known
 */
export const withFailure = (
  state: PoolState,
  failure: PoolFailure,
  { failures: enough, withinMinutes, restMinutes }: SpotBreaker = DEFAULT_SPOT_BREAKER,
): PoolState | undefined => {
  const { at, of } = failure;
  if (isResting(state, at) || state.failures.some((known) => known.of === of)) return undefined;
  const lately = state.failures.filter((known) => at - known.at < withinMinutes * MINUTE);
  const failures = [...lately, failure];
  // Kept although they opened it: a repeated report of one of them must not count towards the next rest.
  return failures.length < enough ? { failures } : { failures, restsUntil: at + restMinutes * MINUTE };
};

/** When DynamoDB may remove a pool's record: nothing in it counts any more. */
const ttlOf = ({ restsUntil = 0 }: PoolState, at: number, { withinMinutes }: SpotBreaker): number =>
  Math.ceil((Math.max(restsUntil, at) + withinMinutes * MINUTE) / 1_000);

type FailureDependencies = Pick<Dependencies, "ledger" | "clock">;

/** Returns false if another execution changed the record first. */
const storeOnce = async (
  { ledger, clock }: FailureDependencies,
  pool: string,
  of: string,
  breaker: SpotBreaker,
): Promise<boolean> => {
  const name = poolRecordName(pool);
  const record = await ledger.stateRecord(name);
  const at = clock.now();
  const value = withFailure(poolState(record), { at, of }, breaker);
  if (value === undefined) return true;
  const version = (record?.version ?? 0) + 1;
  const ttl = ttlOf(value, at, breaker);
  return ledger.commit([{ stateRecord: { name, version, value, list: SPOT_POOLS, ttl } }]);
};

/** In a burst others store the same: after so many conflicts the pool rests, or will with the next failure. */
const TRIES = 3;

/**
 * Stores a failure of a pool: an interruption, or a refusal for capacity. A failure to store it affects no job.
 *
 * @param of the instance or the launch; a repeat of the same counts once
 */
export const recordPoolFailure = async (
  dependencies: FailureDependencies,
  pool: string,
  of: string,
  breaker: SpotBreaker = DEFAULT_SPOT_BREAKER,
): Promise<void> => {
  try {
    for (let round = 0; round < TRIES; round += 1)
      if (await storeOnce(dependencies, pool, of, breaker)) return;
  } catch {
    // The next interruption or refusal is stored instead.
  }
};
