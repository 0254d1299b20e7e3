import type { Time } from "../../../Core/model/ledger";
import { COUNTS_KEPT_DAYS, dayOf, dayStart, daysAfter, monthOf } from "../../../Core/usage/days";
import { daysIn, ROLL_UP_RECORD, type RollUpState, rollUpState } from "../../../Core/usage/period";
import { type DayNames, type DayUsage, daysOf, namesToKeep } from "../../../Core/usage/sums";
import type { Dependencies } from "../dependencies";
import type { UsageRows } from "../ports";

export type RollUpDependencies = Pick<Dependencies, "ledger" | "clock"> & { readonly usage: UsageRows };

/** What a roll-up did. */
export interface RollUp {
  /** Days that were summed up. */
  readonly days: number;
  /** Rows that were written: those that were new or have changed. */
  readonly rows: number;
}

const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;
/** What is counted for a day is committed within minutes; so much later it is complete whatever a clock says. */
const COMPLETE_AFTER_MILLISECONDS = 6 * HOUR_MILLISECONDS;
/** Days that are summed up again and again, should something be counted for them yet. */
const AGAIN_DAYS = 3;

const isComplete = (day: string, now: Time): boolean =>
  now >= dayStart(day) + DAY_MILLISECONDS + COMPLETE_AFTER_MILLISECONDS;

/** Never a day whose counts TTL may have begun to remove: its sum would become too small. */
const daysToSum = ({ until = "" }: RollUpState, now: Time): readonly string[] => {
  const today = dayOf(now);
  const kept = daysIn({ from: daysAfter(today, -COUNTS_KEPT_DAYS), to: daysAfter(today, -1) });
  const again = daysAfter(today, -AGAIN_DAYS);
  return kept.filter((day) => isComplete(day, now) && (day > until || day >= again));
};

const keyOf = ({ projectId, day }: Pick<DayUsage, "day" | "projectId">): string => `${projectId}#${day}`;

/** Objects with their names in order: DynamoDB keeps none. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );

/** Rows that are not stored as they are. */
const changed = <Row extends DayUsage | DayNames>(
  rows: readonly Row[],
  stored: readonly Row[],
): readonly Row[] => {
  const known = new Map(stored.map((row) => [keyOf(row), text(row)]));
  return rows.filter((row) => known.get(keyOf(row)) !== text(row));
};

/** Sums up a day. A row is the sum of all that was counted and replaces the one before it, so a repeat changes nothing. */
const sumUp = async ({ usage }: RollUpDependencies, day: string): Promise<number> => {
  const { days, names } = daysOf(day, await usage.counts(day));
  if (days.length === 0) return 0;
  const month = monthOf(day);
  const [storedDays, storedNames] = await Promise.all([usage.days(month), usage.names(month)]);
  const newDays = changed(days, storedDays);
  const newNames = changed(names.map(namesToKeep), storedNames);
  for (const row of newNames) await usage.putNames(row);
  for (const row of newDays) await usage.putDay(row);
  return newDays.length + newNames.length;
};

/** Is it time for the next roll-up? */
export const isRollUpDue = (state: RollUpState, now: Time): boolean =>
  now < state.at || now - state.at >= HOUR_MILLISECONDS;

/**
 * Sums up the days that are over. What it has done is stored last: after a crash the next one does it again.
 *
 * @returns undefined: there was one within the last hour
 */
export const rollUp = async (dependencies: RollUpDependencies): Promise<RollUp | undefined> => {
  const { ledger, clock } = dependencies;
  const record = await ledger.stateRecord(ROLL_UP_RECORD);
  const state = rollUpState(record);
  const now = clock.now();
  if (!isRollUpDue(state, now)) return undefined;
  const days = daysToSum(state, now);
  let rows = 0;
  for (const day of days) rows += await sumUp(dependencies, day);
  const until = days.at(-1) ?? state.until;
  const value: RollUpState = { ...(until === undefined ? {} : { until }), at: now };
  await ledger.commit([
    { stateRecord: { name: ROLL_UP_RECORD, version: (record?.version ?? 0) + 1, value } },
  ]);
  return { days: days.length, rows };
};
