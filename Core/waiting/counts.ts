import type { Waits } from "./causes";
import { bucketOf } from "./histogram";
import { firstCause, totalOf } from "./split";

/** A job that waited longer counts as one that waited long; in milliseconds. */
export const LONG_WAIT = 180_000;

/**
 * What a job's wait adds to its day's counts: `waits` and `waitMs`, `wait:<cause>` in milliseconds, `bucket:<n>` of the
 * histogram, `over3min`, and with an objective `missed` and `missed:<first cause>`.
 *
 * @param isMissed it waited longer than the objective allows
 */
export const waitCounts = (waits: Waits, isMissed: boolean): Readonly<Record<string, number>> => {
  const total = totalOf(waits);
  const first = firstCause(waits);
  return {
    waits: 1,
    waitMs: total,
    [`bucket:${bucketOf(total)}`]: 1,
    ...Object.fromEntries(
      Object.entries(waits).map(([cause, milliseconds]) => [`wait:${cause}`, milliseconds]),
    ),
    ...(total > LONG_WAIT ? { over3min: 1 } : {}),
    ...(isMissed ? { missed: 1, ...(first ? { [`missed:${first}`]: 1 } : {}) } : {}),
  };
};
