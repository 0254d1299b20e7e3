import { lambdaRunnersAt } from "../../../Core/account/lambda-room";
import { DEFAULT_LIMITS, type StartOrder } from "../../../Core/model/runner-order";
import type { RunnerFunctions } from "../ports";

/**
 * The order with the limit that the account's concurrency sets to Lambda runners, where that is the lower one. So runners
 * leave room for our own functions, without which no job starts, no runner ends and no webhook is accepted.
 */
export const withAccountLimit = async (
  functions: Pick<RunnerFunctions, "concurrency">,
  { limits: { lambda: _, ...limits } = DEFAULT_LIMITS, ...order }: StartOrder,
): Promise<StartOrder> => {
  const concurrency = await functions.concurrency();
  const lambda = concurrency === undefined ? Number.POSITIVE_INFINITY : lambdaRunnersAt(concurrency);
  return { ...order, limits: lambda < limits.stack ? { ...limits, lambda } : limits };
};
