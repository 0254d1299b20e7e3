const DAY = 86_400_000;

/** Whole days since 1970. */
export const daysSince = (now = Date.now()): number => Math.floor(now / DAY);

/** Today's seed of random runs, e.g. 20261125; FAST_CHECK_SEED names another. */
export const seedOfTheDay = (now = new Date()): number => {
  const wanted = Number(process.env.FAST_CHECK_SEED);
  return Number.isInteger(wanted) && wanted !== 0
    ? wanted
    : Number(now.toISOString().slice(0, 10).replaceAll("-", ""));
};
