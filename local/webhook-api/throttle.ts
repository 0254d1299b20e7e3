/** A token bucket: a rate per second and a burst. */
export const tokenBucket = (
  { ratePerSecond, burst }: { readonly ratePerSecond: number; readonly burst: number },
  now: () => number,
): (() => boolean) => {
  let tokens = burst;
  let last = now();
  return () => {
    tokens = Math.min(burst, tokens + ((now() - last) / 1_000) * ratePerSecond);
    last = now();
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};
