import { randomUUID } from "node:crypto";
import {
  type DynamoDBClient,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { TransientError } from "../../../../Core/errors";
import type { Clock } from "../../ports";
import { awsError, errorName } from "../aws-errors";

/** What a transaction needs beside the client: time to wait in, and dice for the jitter. */
export interface Timeout {
  readonly clock: Pick<Clock, "sleep">;
  /** From 0 up to 1, as Math.random. */
  readonly random: () => number;
}

const TRIES = 8;
const FIRST_PAUSE_MILLISECONDS = 25;
const LONGEST_PAUSE_MILLISECONDS = 800;

/** Reasons after which the same transaction may go through: nobody's condition failed, it only met another one. */
const PASSING_REASONS = new Set([
  "None",
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

const reasons = (error: unknown): readonly string[] => {
  const cancelled = error as { readonly CancellationReasons?: readonly { readonly Code?: string }[] };
  return errorName(error) === "TransactionCanceledException"
    ? (cancelled.CancellationReasons ?? []).map(({ Code }) => Code ?? "None")
    : [];
};

const mayPass = (error: unknown): boolean => {
  if (errorName(error) === "TransactionInProgressException") return true;
  const codes = reasons(error);
  return codes.length > 0 && codes.every((code) => PASSING_REASONS.has(code));
};

/** Full jitter: anything between nothing and a bound that doubles. */
const pause = (tries: number, random: () => number): number =>
  random() * Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** tries);

/**
 * Writes all or nothing. One client request token goes with every try, the SDK's own included, so a repeat of
 * a transaction that was applied and whose answer was lost is a success, not a failed condition (F-18).
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 *
 * @returns false when a condition did not hold and nothing was written
 * @throws TransientError when it is unknown what became of it, or others were in the way every time
 */
export const transact = async (
  client: Pick<DynamoDBClient, "send">,
  items: readonly TransactWriteItem[],
  { clock, random }: Timeout,
): Promise<boolean> => {
  const request = { TransactItems: [...items], ClientRequestToken: randomUUID() };
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      await client.send(new TransactWriteItemsCommand(request));
      return true;
    } catch (error) {
      if (reasons(error).includes("ConditionalCheckFailed")) return false;
      if (!mayPass(error)) throw awsError(error, "The transaction on the ledger");
    }
    await clock.sleep(pause(tries, random));
  }
  throw new TransientError(`The transaction on the ledger met others ${TRIES} times: nothing was written`);
};
