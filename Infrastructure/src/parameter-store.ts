import { setTimeout as pause } from "node:timers/promises";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";

/** All of Parameter Store's share in answering a webhook, connection included (F-9). */
const BUDGET_MILLISECONDS = 1_000;
const TRIES = 3;
const PAUSE_MILLISECONDS = 100;

/** A connection that was kept while the environment was frozen is often dead, and would cost the whole budget. */
const NOT_KEPT = { keepAlive: false };

/** The tries are counted here: the SDK's own pauses after a throttle are longer than the budget. */
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

/** Forty environments that start at once meet Parameter Store's throttle: some dice, within the budget. */
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
      // The name alone: an error's text may quote what an operator keeps secret.
      if (tries === TRIES) throw new Error(`Parameter Store failed (${(error as Error).name})`);
    }
    await pause(Math.random() * tries * PAUSE_MILLISECONDS, undefined, { signal });
  }
};

/**
 * Parameter Store's GetParameters, decrypted, in a second at most, repeats included.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 *
 * @param names ten at most
 * @returns name → value; parameters that do not exist are left out of it
 * @throws Error on any answer that is no list, and when the time is over; never with a text of the answer in it
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
