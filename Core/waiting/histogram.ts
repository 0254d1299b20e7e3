/**
 * Waits are counted in buckets, so that a day's percentiles need no single job. Each bucket ends three tenths above the
 * one before: from half a second to nearly two hours, in so few fields that a counter's item stays small.
 */
const FIRST_MILLISECONDS = 500;
const GROWTH = 1.3;
/** The last one has no end. */
export const BUCKETS = 38;

/** Where a bucket ends, in milliseconds. */
export const endOfBucket = (bucket: number): number => Math.round(FIRST_MILLISECONDS * GROWTH ** bucket);

/** The bucket that counts a wait: the first that does not end before it. */
export const bucketOf = (milliseconds: number): number => {
  for (let bucket = 0; bucket < BUCKETS - 1; bucket += 1)
    if (milliseconds <= endOfBucket(bucket)) return bucket;
  return BUCKETS - 1;
};

/**
 * A percentile in milliseconds: the end of the bucket that it is in, so at most three tenths too high. Undefined: nothing is
 * counted.
 *
 * @param counts by bucket; what is missing is 0
 * @param share between 0 and 1
 */
export const percentileOf = (counts: readonly (number | undefined)[], share: number): number | undefined => {
  const all = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  if (all === 0) return undefined;
  let seen = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    seen += counts[bucket] ?? 0;
    if (seen >= share * all) return endOfBucket(bucket);
  }
  return endOfBucket(BUCKETS - 1);
};
