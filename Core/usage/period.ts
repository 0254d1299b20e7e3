import type { LedgerReader, StateRecord } from "../ledger/reader";
import type { Time } from "../model/ledger";
import { COUNTS_KEPT_DAYS, dayOf, dayStart, daysAfter, monthOf } from "./days";
import { type DayNames, type DayUsage, daysOf } from "./sums";
import type { UsageReader } from "./usage-reader";

/** The record of what roll-ups have done. */
export const ROLL_UP_RECORD = "usage-roll-up";

/** What the roll-ups have done. */
export interface RollUpState {
  /** All days until this one have rows. Absent: none has. */
  readonly until?: string;
  /** When the last roll-up was done; 0: never. */
  readonly at: Time;
}

const isDay = (value: unknown): value is string =>
  typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);

/** A record that cannot be read counts as none: then everything is rolled up anew. */
export const rollUpState = (record: StateRecord | undefined): RollUpState => {
  const { until, at }: { readonly until?: unknown; readonly at?: unknown } = Object(record?.value);
  return { ...(isDay(until) ? { until } : {}), at: typeof at === "number" ? at : 0 };
};

/** Both ends are part of it. UTC, `yyyy-mm-dd`. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The days of a period, first to last. */
export const daysIn = ({ from, to }: Period): readonly string[] => {
  const count = Math.round((dayStart(to) - dayStart(from)) / dayStart("1970-01-02")) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => daysAfter(from, index));
};

const FIRST_DAY = "01";
const MAX_DAYS = 31;

/** A month, or as much of it as there has been. @param month `yyyy-mm` */
export const monthPeriod = (month: string, now: Time): Period => {
  const from = `${month}-${FIRST_DAY}`;
  const days = daysIn({ from, to: daysAfter(from, MAX_DAYS) }).filter(
    (day) => monthOf(day) === month && day <= dayOf(now),
  );
  return { from, to: days.at(-1) ?? daysAfter(from, -1) };
};

/** What a period's runners and jobs used. */
export interface PeriodUsage {
  readonly days: readonly DayUsage[];
  /** Of the days that have been rolled up the slowest and dearest alone. Empty unless they were asked for. */
  readonly names: readonly DayNames[];
}

/** What is read of a period. */
export interface PeriodQuery extends Period {
  /** Absent: all. */
  readonly projectId?: number | undefined;
  readonly withNames?: boolean;
}

const monthsOf = (days: readonly string[]): readonly string[] => [...new Set(days.map(monthOf))];

const fromRows = async (
  usage: UsageReader,
  days: readonly string[],
  { projectId, withNames = false }: PeriodQuery,
): Promise<PeriodUsage> => {
  const wanted = new Set(days);
  const isWanted = ({ day }: { readonly day: string }): boolean => wanted.has(day);
  const months = monthsOf(days);
  const [rows, names] = await Promise.all([
    Promise.all(months.map((month) => usage.days(month, projectId))),
    Promise.all(withNames ? months.map((month) => usage.names(month, projectId)) : []),
  ]);
  return { days: rows.flat().filter(isWanted), names: names.flat().filter(isWanted) };
};

const fromCounts = async (
  usage: UsageReader,
  days: readonly string[],
  { projectId, withNames = false }: PeriodQuery,
): Promise<PeriodUsage> => {
  const all = await Promise.all(days.map(async (day) => daysOf(day, await usage.counts(day, projectId))));
  return {
    days: all.flatMap((each) => each.days),
    names: withNames ? all.flatMap((each) => each.names) : [],
  };
};

/**
 * What was used in a period, up to now: days that have been rolled up from their rows, the others from what has been counted. So
 * nothing is missing that the next roll-up will find, and no day is read twice.
 */
export const readPeriod = async (
  usage: UsageReader,
  ledger: Pick<LedgerReader, "stateRecord">,
  query: PeriodQuery,
  now: Time,
): Promise<PeriodUsage> => {
  const { until = "" } = rollUpState(await ledger.stateRecord(ROLL_UP_RECORD));
  const days = daysIn(query);
  const oldest = daysAfter(dayOf(now), -COUNTS_KEPT_DAYS);
  const [rows, counts] = await Promise.all([
    fromRows(
      usage,
      days.filter((day) => day <= until),
      query,
    ),
    fromCounts(
      usage,
      days.filter((day) => day > until && day >= oldest && day <= dayOf(now)),
      query,
    ),
  ]);
  return { days: [...rows.days, ...counts.days], names: [...rows.names, ...counts.names] };
};
