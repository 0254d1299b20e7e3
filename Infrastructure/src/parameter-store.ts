import { setTimeout as pause } from "node:timers/promises";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";

/** The time that Parameter Store may take for one webhook, connection included (F-9). */
const BUDGET_MILLISECONDS = 1_000;
const TRIES = 3;
const PAUSE_MILLISECONDS = 100;

/** A connection kept while the environment was frozen is often dead, and would use up the time. */
const NOT_KEPT = { keepAlive: false };

/** The SDK does not retry: its waits after a throttle are longer than the time allowed here. */
export const parameterStore = (): SSMClient =>
  new SSMClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: BUDGET_MILLISECONDS,
      requestTimeout: BUDGET_MILLISECONDS,
      throwOnRequestTimeout: true,
      httpAgent: NOT_KEPT,
      httpsAgent: NOT_KEPT,
    },
  });

/** Forty environments that start at once are throttled, so the retries wait random times within the limit. */
const withinBudget = async <Answer>(
  call: (abortSignal: AbortSignal) => Promise<Answer>,
  budget: number,
): Promise<Answer> => {
  const signal = AbortSignal.timeout(budget);
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(signal);
    } catch (error) {
      if (signal.aborted) throw new Error(`Parameter Store did not answer in ${budget} ms`);
      // Only the error's name: its text may quote a secret.
      if (tries === TRIES) throw new Error(`Parameter Store failed (${(error as Error).name})`);
    }
    await pause(Math.random() * tries * PAUSE_MILLISECONDS, undefined, { signal });
  }
};

/**
 * Parameter Store's GetParameters with decryption, within one second, retries included.
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
