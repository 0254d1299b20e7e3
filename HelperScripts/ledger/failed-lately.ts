import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { decodeAttempt } from "../../Core/ledger/codec";
import { failedPks, OPEN_INDEX } from "../../Core/ledger/keys";
import { readerOf } from "../../Core/ledger/reader";
import type { Item, TableReads } from "../../Core/ledger/table-reads";
import { type Attempt, lastAttempts, type Time } from "../../Core/model/ledger";
import { dayOf } from "../../Core/usage/days";
import { daysIn } from "../../Core/usage/period";
import { tableReads } from "../table-reads";

/** Of a key, and of all of them together: nobody reads on after so many, and no bill becomes big. */
const MAX_PAGES = 3;
const MAX_JOBS = 1_000;
const AT_ONCE = 50;

export interface FailedLately {
  /** The last attempt of each job whose last attempt failed. */
  readonly attempts: readonly Attempt[];
  /** False: there are more than were looked at. */
  readonly isComplete: boolean;
}

const readable = (item: Item): Attempt | undefined => {
  try {
    return decodeAttempt(item);
  } catch {
    return undefined;
  }
};

/** The attempts under one key of the index that failed since, newest first. */
const failedUnder = async (table: TableReads, openPk: string, since: Time): Promise<FailedLately> => {
  const found: Attempt[] = [];
  let ExclusiveStartKey: Item | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await table.query({
      IndexName: OPEN_INDEX,
      KeyConditionExpression: "openPk = :openPk",
      ExpressionAttributeValues: { ":openPk": { S: openPk } },
      ScanIndexForward: false,
      ExclusiveStartKey,
    });
    found.push(...(answer.Items ?? []).flatMap((item) => readable(item) ?? []));
    ExclusiveStartKey = answer.LastEvaluatedKey;
    const isOver = (found.at(-1)?.times.FAILED ?? 0) < since;
    if (ExclusiveStartKey === undefined || isOver) return { attempts: found, isComplete: true };
  }
  return { attempts: found, isComplete: false };
};

const newestFirst = (one: Attempt, other: Attempt): number =>
  (other.times.FAILED ?? 0) - (one.times.FAILED ?? 0);

/** The jobs' last attempts as they are now: an attempt that failed may have been followed by one that did not. */
const asTheyAre = async (table: TableReads, attempts: readonly Attempt[]): Promise<readonly Attempt[]> => {
  const ledger = readerOf(table);
  const all: Attempt[] = [];
  for (let from = 0; from < attempts.length; from += AT_ONCE) {
    const some = attempts.slice(from, from + AT_ONCE);
    const read = await Promise.all(some.map(async ({ jobId }) => (await ledger.attempts(jobId)).at(-1)));
    all.push(...read.filter((each) => each !== undefined));
  }
  return all;
};

/** Jobs whose last attempt failed since, newest first: each once, however many attempts it had. */
export const failedLately = async (
  client: Pick<DynamoDBClient, "send">,
  tableName: string,
  since: Time,
  now: Time,
): Promise<FailedLately> => {
  const table = tableReads(client, tableName);
  const days = daysIn({ from: dayOf(since), to: dayOf(now) });
  const found = await Promise.all(days.flatMap(failedPks).map((key) => failedUnder(table, key, since)));
  const failed = lastAttempts(found.flatMap(({ attempts }) => attempts)).toSorted(newestFirst);
  const current = await asTheyAre(table, failed.slice(0, MAX_JOBS));
  const attempts = current.filter(({ state, times }) => state === "FAILED" && (times.FAILED ?? 0) >= since);
  const isComplete = failed.length <= MAX_JOBS && found.every((each) => each.isComplete);
  return { attempts: attempts.toSorted(newestFirst), isComplete };
};
