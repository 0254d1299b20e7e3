import { decodeFields } from "../ledger/codec";
import { SHARDS } from "../ledger/keys";
import type { Item, TableReads } from "../ledger/table-reads";
import { type DayNames, type DayUsage, type RowKind, rowPk } from "./sums";
import { projectPrefix, readUsageSk, type UsageSubject, usagePk } from "./usage-key";

/** Numbers by name. What is added to a key, or the sum of what was added. */
export type UsageNumbers = Readonly<Record<string, number>>;

/** What one item has counted. Of one subject there are as many as shards were used. */
export interface UsageCount {
  readonly subject: UsageSubject;
  readonly numbers: UsageNumbers;
}

/** Reads what ends and pick-ups have counted. */
export interface UsageReader {
  /**
   * All counts of a day; consistent.
   *
   * @param day UTC, `yyyy-mm-dd`
   * @param projectId absent: of all projects
   */
  counts(day: string, projectId?: number): Promise<readonly UsageCount[]>;
  /** What a roll-up stored of the days of a month (`yyyy-mm`); consistent. */
  days(month: string, projectId?: number): Promise<readonly DayUsage[]>;
  /** The slowest and dearest names of those days. */
  names(month: string, projectId?: number): Promise<readonly DayNames[]>;
}

/** Fields of an item that are no counts. */
const NO_COUNTS: readonly string[] = ["pk", "sk", "ttl"];

const countOf =
  (day: string) =>
  (item: Item): readonly UsageCount[] => {
    const fields = decodeFields(item);
    const subject = readUsageSk(day, String(fields.sk));
    if (subject === undefined) return [];
    const numbers = Object.entries(fields).filter(
      (entry): entry is [string, number] => !NO_COUNTS.includes(entry[0]) && typeof entry[1] === "number",
    );
    return [{ subject, numbers: Object.fromEntries(numbers) }];
  };

/** All items under a partition key whose sort key begins so; consistent. */
export const itemsUnder = async (table: TableReads, pk: string, prefix = ""): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const answer = await table.query({
      KeyConditionExpression: prefix === "" ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: pk }, ...(prefix === "" ? {} : { ":prefix": { S: prefix } }) },
      ConsistentRead: true,
      ExclusiveStartKey,
    });
    for (const item of answer.Items ?? []) items.push(item);
    ExclusiveStartKey = answer.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items;
};

const rows = (table: TableReads, kind: RowKind, month: string, projectId: number | undefined) =>
  itemsUnder(table, rowPk(kind, month), prefixOf(projectId));

const prefixOf = (projectId: number | undefined): string =>
  projectId === undefined ? "" : projectPrefix(projectId);

const isNumbers = (value: unknown): value is UsageNumbers =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((each) => typeof each === "number");

/** A row that cannot be read counts as not there. */
const dayOfItem = (item: Item): readonly DayUsage[] => {
  const { day, projectId, groups } = decodeFields(item);
  if (typeof day !== "string" || typeof projectId !== "number") return [];
  const read = Object.entries(Object(groups)).filter((entry): entry is [string, UsageNumbers] =>
    isNumbers(entry[1]),
  );
  return [{ day, projectId, groups: Object.fromEntries(read) }];
};

const isName = (value: unknown): value is DayNames["names"][number] =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "numbers" in value &&
  isNumbers(value.numbers);

const namesOfItem = (item: Item): readonly DayNames[] => {
  const { day, projectId, names } = decodeFields(item);
  if (typeof day !== "string" || typeof projectId !== "number" || !Array.isArray(names)) return [];
  return [{ day, projectId, names: names.filter(isName) }];
};

/** @throws what `table` throws */
export const usageReader = (table: TableReads): UsageReader => ({
  counts: async (day, projectId) => {
    const prefix = prefixOf(projectId);
    const shards = Array.from({ length: SHARDS }, (_, shard) => usagePk(day, shard));
    const found = await Promise.all(shards.map((pk) => itemsUnder(table, pk, prefix)));
    return found.flatMap((items) => items.flatMap(countOf(day)));
  },
  days: async (month, projectId) => (await rows(table, "day", month, projectId)).flatMap(dayOfItem),
  names: async (month, projectId) => (await rows(table, "names", month, projectId)).flatMap(namesOfItem),
});
