import { lambdaRunnersAt } from "../../../Core/account/lambda-room";
import { STACK } from "../../../Core/ledger/keys";
import type { Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";

/** AWS changes the limit at a person's request alone: a raised one counts so much later at most. */
const EVERY_MILLISECONDS = 600_000;

/**
 * Stores how many Lambda runners the account's concurrency allows, beside the stack's counters, which every start reads. So
 * they leave room for our own functions, without which no job starts, no runner ends and no webhook is accepted.
 *
 * @param readAt when Lambda was last asked
 * @returns the same, after this
 */
export const storeLambdaLimit = async (
  { ledger, account, clock }: Pick<Dependencies, "ledger" | "account" | "clock">,
  readAt: Time,
): Promise<Time> => {
  const now = clock.now();
  if (now >= readAt && now - readAt < EVERY_MILLISECONDS) return readAt;
  const concurrency = await account.concurrency();
  if (concurrency === undefined) return now;
  const limit = lambdaRunnersAt(concurrency);
  if ((await ledger.slots(STACK)).limit !== limit)
    await ledger.commit([{ slotLimit: { scope: STACK, limit } }]);
  return now;
};
