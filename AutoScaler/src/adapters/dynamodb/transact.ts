import { randomUUID } from "node:crypto";
import {
  type DynamoDBClient,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { TransientError } from "../../../../Core/errors";
import type { Clock } from "../../ports";
import { awsError, errorName } from "../aws-errors";

/** What a transaction needs besides the client: a wait, and random numbers for the jitter. */
export interface Timeout {
  readonly clock: Pick<Clock, "sleep">;
  /** A number from 0 up to 1, as from Math.random. */
  readonly random: () => number;
}

const TRIES = 8;
const FIRST_PAUSE_MILLISECONDS = 25;
const LONGEST_PAUSE_MILLISECONDS = 800;

/** Cancellation reasons after which a retry may succeed: a conflict or a limit, not a failed condition. */
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

/** Full jitter: a random wait below a bound that doubles with each try. */
const pause = (tries: number, random: () => number): number =>
  random() * Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** tries);

/**
 * Writes all changes or none. Every try, the SDK's retries included, carries the same client request token. A
 * repeat of an applied transaction whose answer was lost is thus a success, not a failed condition (F-18).
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 *
 * @returns false if a condition failed and nothing was written
 * @throws TransientError if the outcome is unknown, or if every try met a conflict
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
