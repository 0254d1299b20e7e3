import { setTimeout as pause } from "node:timers/promises";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";

/** The time that Parameter Store may take for one webhook: GitLab waits ten seconds, the authorizer has eight (F-9). */
const BUDGET_MILLISECONDS = 6_500;
/** Of one try, connection included. */
const TRY_MILLISECONDS = 1_000;
const FIRST_PAUSE_MILLISECONDS = 100;
/** Short: where hundreds of other environments ask for the same reads, GitLab waits for this one. */
const LONGEST_PAUSE_MILLISECONDS = 200;

/** A connection kept while the environment was frozen is often dead, and would use up the time. */
const NOT_KEPT = { keepAlive: false };

/** The SDK does not retry: its waits after a throttle are longer than the time allowed here. */
export const parameterStore = (): SSMClient =>
  new SSMClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: TRY_MILLISECONDS,
      requestTimeout: TRY_MILLISECONDS,
      throwOnRequestTimeout: true,
      httpAgent: NOT_KEPT,
      httpsAgent: NOT_KEPT,
    },
  });

/** A random time up to a bound that doubles: environments that start at once are throttled, and must not meet again. */
const pauseOf = (tries: number): number =>
  Math.random() * Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** tries);

/**
 * Calls until there is an answer or the time is over. An account allows 40 reads a second by default, to all its
 * functions together: https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const withinBudget = async <Answer>(
  call: (abortSignal: AbortSignal) => Promise<Answer>,
  budget: number,
): Promise<Answer> => {
  const signal = AbortSignal.timeout(budget);
  let last = "no answer";
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      return await call(signal);
    } catch (error) {
      // Only the error's name: its text may quote a secret.
      if (!signal.aborted) last = (error as Error).name;
    }
    await pause(pauseOf(tries), undefined, { signal }).catch(() => undefined);
  }
  throw new Error(`Parameter Store did not answer in ${budget} ms (${last})`);
};

/**
 * Parameter Store's GetParameters with decryption, within six and a half seconds, retries included.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 *
 * @param names at most ten
 * @returns name → value; without parameters that do not exist
 * @throws Error if the answer is not a list, or when the time is over; never with a text from the answer
 */
export const readParameters = async (
  client: SSMClient,
  names: readonly string[],
  budgetMilliseconds = BUDGET_MILLISECONDS,
): Promise<ReadonlyMap<string, string>> => {
  const command = new GetParametersCommand({ Names: [...names], WithDecryption: true });
  const { Parameters } = await withinBudget(
    (abortSignal) => client.send(command, { abortSignal }),
    budgetMilliseconds,
  );
  if (!Array.isArray(Parameters)) throw new Error("Parameter Store's answer is no list");
  return new Map(
    Parameters.flatMap(({ Name, Value }) =>
      Name === undefined || Value === undefined ? [] : [[Name, Value]],
    ),
  );
};
