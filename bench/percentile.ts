/** The percentile `hundredth` (0 to 100) of the values; undefined without values. */
export const percentile = (values: readonly number[], hundredth: number): number | undefined => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor((hundredth / 100) * sorted.length))];
};

/** e.g. `p50 0.42 s, p95 1.20 s` */
export const spread = (milliseconds: readonly number[]): string => {
  const text = (hundredth: number): string => {
    const value = percentile(milliseconds, hundredth);
    return value === undefined ? "none" : `${(value / 1_000).toFixed(3)} s`;
  };
  return `p50 ${text(50)}, p95 ${text(95)}`;
};
