export interface SecretCacheOptions<Secrets> {
  /** Reads all secrets again. Throws if Parameter Store does not answer in time. */
  readonly read: () => Promise<Secrets>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called for every failed read. */
  readonly onFailure: (error: unknown) => void;
}

/** A changed secret is refused after this time, plus the API's own cache (I-11). */
const FRESH_MILLISECONDS = 60_000;
/** How long the last secrets are used while Parameter Store fails (F-9). */
const LAST_GOOD_MILLISECONDS = 300_000;
/**
 * Nobody is refused by secrets read longer ago: a new one is known this soon, and a flood causes no more reads.
 */
export const REFUSAL_AGE_MILLISECONDS = 5_000;
/** Wait before the next read after a failure. Meanwhile the last secrets are used. */
const PAUSE_MILLISECONDS = 5_000;

/** After a clock was set back an age is negative: it counts as too old (I-33). */
const isWithin = (age: number, limit: number): boolean => age >= 0 && age < limit;

/**
 * Keeps the secrets in the environment's memory.
 *
 * @returns a function that returns the secrets, or undefined if they could not be read for five minutes: then no
 *   request is admitted (I-10). With a maximum age it returns no older secrets, and undefined if the read fails
 */
export const secretCache = <Secrets>({
  read,
  now,
  onFailure,
}: SecretCacheOptions<Secrets>): ((maxAgeMilliseconds?: number) => Promise<Secrets | undefined>) => {
  let good: { readonly secrets: Secrets; readonly readAt: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const lastGood = (): Secrets | undefined =>
    good !== undefined && isWithin(now() - good.readAt, LAST_GOOD_MILLISECONDS) ? good.secrets : undefined;

  return async (maxAgeMilliseconds) => {
    const instead = maxAgeMilliseconds === undefined ? lastGood : () => undefined;
    const limit = maxAgeMilliseconds ?? FRESH_MILLISECONDS;
    if (good !== undefined && isWithin(now() - good.readAt, limit)) return good.secrets;
    if (good !== undefined && isWithin(now() - failedAt, PAUSE_MILLISECONDS)) return instead();
    try {
      const readAt = now();
      const secrets = await read();
      good = { secrets, readAt };
      return secrets;
    } catch (error) {
      failedAt = now();
      onFailure(error);
      return instead();
    }
  };
};
