/** A value at a moment: `x` is what it might grow with, e.g. seconds or ended jobs. */
export interface TrendSample {
  readonly x: number;
  readonly y: number;
}

/** One in a hundred, for each quantity of a run: of values that only vary, so many would look as if they grew. */
const SIGNIFICANT_Z = 2.33;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other);
  const [low = 0, high = 0] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return (low + high) / 2;
};

const pairs = (samples: readonly TrendSample[]): readonly (readonly [TrendSample, TrendSample])[] =>
  samples.flatMap((one, index) => samples.slice(index + 1).map((other) => [one, other] as const));

/**
 * Theil and Sen's slope: the median of the slopes of all pairs. A single high value, e.g. in a burst, does not move it.
 * https://en.wikipedia.org/wiki/Theil%E2%80%93Sen_estimator
 */
export const slope = (samples: readonly TrendSample[]): number =>
  median(
    pairs(samples).flatMap(([one, other]) =>
      other.x === one.x ? [] : (other.y - one.y) / (other.x - one.x),
    ),
  );

/** Mann and Kendall's test whether the values rise: the standard score. https://en.wikipedia.org/wiki/Kendall_rank_correlation_coefficient */
export const risingScore = (samples: readonly TrendSample[]): number => {
  const count = samples.length;
  const sum = pairs(samples).reduce((total, [one, other]) => total + Math.sign(other.y - one.y), 0);
  return (
    (Math.abs(sum) <= 1 ? 0 : sum - Math.sign(sum)) / Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)
  );
};

/** True if the values rise by more than is allowed for each `x`, and not by chance. */
export const grows = (samples: readonly TrendSample[], allowedSlope: number): boolean =>
  risingScore(samples) > SIGNIFICANT_Z && slope(samples) > allowedSlope;
