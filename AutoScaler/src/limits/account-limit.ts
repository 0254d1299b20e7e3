import { lambdaRunnersAt } from "../../../Core/account/lambda-room";
import { LAMBDA } from "../../../Core/ledger/keys";
import type { Dependencies } from "../dependencies";

/**
 * Stores beside the counters of Lambda runners how many of them the account's concurrency allows. So they leave room for our
 * own functions, without which no job starts, no runner ends and no webhook is accepted. A start reads it with the counters.
 */
export const storeLambdaLimit = async ({
  ledger,
  account,
}: Pick<Dependencies, "ledger" | "account">): Promise<void> => {
  const concurrency = await account.concurrency();
  if (concurrency === undefined) return;
  const limit = lambdaRunnersAt(concurrency);
  if ((await ledger.slots(LAMBDA)).limit === limit) return;
  await ledger.commit([{ slotLimit: { scope: LAMBDA, limit } }]);
};
