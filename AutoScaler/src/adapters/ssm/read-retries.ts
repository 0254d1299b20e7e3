import { TransientError } from "../../../../Core/errors";
import type { Clock } from "../../ports";
import { awsError, errorName } from "../aws-errors";

/** A wait, a clock to count it by, and random numbers for the jitter. */
export interface ReadRetries {
  readonly clock: Clock;
  /** A number from 0 up to 1, as from Math.random. */
  readonly random: () => number;
  /** How long a throttled read is repeated; the last pause and read may take five seconds more. Default nine seconds. */
  readonly throttledMilliseconds?: number;
}

/**
 * An account allows 40 reads a second by default, to all its functions together, and hundreds of environments start at
 * once: https://docs.aws.amazon.com/general/latest/gr/ssm.html. Most functions have fifteen seconds at least.
 */
const THROTTLED_MILLISECONDS = 9_000;
/** Of a read that fails otherwise. */
const TRIES = 3;
/** It is not repeated after that: a pause and a try may take five seconds more, and a function has ten at least. */
const FAILING_MILLISECONDS = 4_000;
const FIRST_PAUSE_MILLISECONDS = 800;
const LONGEST_PAUSE_MILLISECONDS = 3_200;

const isThrottle = (error: unknown): boolean => errorName(error) === "ThrottlingException";

/**
 * Full jitter: environments that start at once are throttled together, and must not meet again. The pauses are long, since
 * the authorizer, for which GitLab waits, asks for the same reads.
 */
const pauseOf = (tries: number, random: () => number): number =>
  random() * Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** tries);

/**
 * Reads until Parameter Store answers: for nine seconds while it throttles, three times if it fails otherwise and soon.
 *
 * @param what the call and its target, for the error
 * @throws ConfigurationError if a repeated read would get the same answer; TransientError
 */
export const readWithRetries = async <Answer>(
  what: string,
  read: () => Promise<Answer>,
  { clock, random, throttledMilliseconds = THROTTLED_MILLISECONDS }: ReadRetries,
): Promise<Answer> => {
  const begun = clock.now();
  for (let tries = 1; ; tries += 1) {
    try {
      return await read();
    } catch (thrown) {
      const error = awsError(thrown, what);
      const lasted = clock.now() - begun;
      const hasTime = isThrottle(thrown)
        ? lasted < throttledMilliseconds
        : error instanceof TransientError && tries < TRIES && lasted < FAILING_MILLISECONDS;
      if (!hasTime) throw error;
    }
    await clock.sleep(pauseOf(tries, random));
  }
};
