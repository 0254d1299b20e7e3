import { recordKey } from "../../Core/ledger/keys";
import type { LedgerItem } from "../../Core/model/ledger";
import { classKey } from "../../Core/model/runner-class";
import { dayOf, dayStart, daysAfter } from "../../Core/usage/days";
import { ROLL_UP_RECORD } from "../../Core/usage/period";
import { type DayNames, type DayUsage, daysOf, namesToKeep, rowKey } from "../../Core/usage/sums";
import { type UsageKey, usageKey } from "../../Core/usage/usage-key";
import type { UsageCount } from "../../Core/usage/usage-reader";
import { NOW } from "./deployment-double";
import { attempt, DOCKER_CLASS, LAMBDA_CLASS, order, runner } from "./items";

/** A month's jobs as the ledger has them: thirty days until `NOW`, all over, and what was counted of them. */

export const DAYS = 30;
const PROJECTS = 20;
const NAMES = 25;
const HOUR = 3_600_000;
const FIRST_JOB = 1_000_000;

const dayNumber = (index: number): string => daysAfter(dayOf(NOW), index - DAYS + 1);

const isToday = (day: string): boolean => day === dayOf(NOW);

/** What one job left behind: its attempt and its runner. */
const itemsOf = (job: number, day: string): readonly LedgerItem[] => {
  const runnerClass = job % 3 === 0 ? LAMBDA_CLASS : DOCKER_CLASS;
  const jobId = FIRST_JOB + job;
  const at = dayStart(day) + (job % 11) * HOUR;
  const own = {
    ...order(jobId, runnerClass),
    projectId: 1 + (job % PROJECTS),
    jobName: `job ${job % NAMES}`,
  };
  const times = { CLAIMED: at, CREATED: at, LAUNCHED: at, RUNNING: at, ENDED: at + HOUR / 2 };
  return [
    attempt(jobId, { state: "ENDED", order: own, outcome: "success", times }, runnerClass),
    runner(
      jobId,
      {
        state: "GONE",
        order: own,
        busyJobId: jobId,
        recordDeletedAt: at,
        times: { STARTING: at, LAUNCHED: at, BUSY: at, GONE: at + HOUR / 2 },
      },
      runnerClass,
    ),
  ];
};

const countOf = (job: number, day: string): { readonly key: UsageKey; readonly count: UsageCount } => {
  const runnerClass = job % 3 === 0 ? LAMBDA_CLASS : DOCKER_CLASS;
  const subject = {
    day,
    projectId: 1 + (job % PROJECTS),
    classKey: classKey(runnerClass),
    market: runnerClass.type === "LAMBDA" ? ("lambda" as const) : ("spot" as const),
    jobName: `job ${job % NAMES}`,
  };
  const numbers = {
    jobs: 1,
    runners: 1,
    seconds: 1_800,
    usd: 0.0625,
    waits: 1,
    waitMs: 2_000,
    "wait:boot": 2_000,
  };
  return { key: { ...subject, shard: job % 16 }, count: { subject, numbers } };
};

/** Fields of a row, ready to be stored. */
type Fields = Record<string, unknown>;

/** What a job's items and a day's rows are given to. */
export interface MonthSink {
  readonly item: (item: LedgerItem) => void;
  readonly row: (fields: Fields) => void;
}

const rowsOf = (day: string, counts: readonly UsageCount[]): readonly Fields[] => {
  const { days, names } = daysOf(day, counts);
  const row = (kind: "day" | "names", each: DayUsage | DayNames): Fields => ({
    ...rowKey(kind, each),
    ...each,
  });
  return [...days.map((each) => row("day", each)), ...names.map((each) => row("names", namesToKeep(each)))];
};

/** Today's counts as they stand: those of one key are one item. */
const liveRows = (counted: readonly ReturnType<typeof countOf>[]): readonly Fields[] => {
  const byKey = new Map<string, Fields>();
  for (const { key, count } of counted) {
    const { pk, sk } = usageKey(key);
    const before = byKey.get(pk + sk) ?? { pk, sk };
    const sums = Object.entries(count.numbers).map(([name, value]) => [
      name,
      Number(before[name] ?? 0) + value,
    ]);
    byKey.set(pk + sk, { ...before, ...Object.fromEntries(sums) });
  }
  return [...byKey.values()];
};

/**
 * Gives out a month's items and rows. The days before today have been rolled up.
 *
 * @param jobs of the whole month
 */
export const playMonth = (jobs: number, sink: MonthSink): void => {
  const perDay = Math.ceil(jobs / DAYS);
  for (let index = 0; index < DAYS; index += 1) {
    const day = dayNumber(index);
    const of = Array.from({ length: perDay }, (_, job) => index * perDay + job);
    for (const job of of) for (const item of itemsOf(job, day)) sink.item(item);
    const counted = of.map((job) => countOf(job, day));
    const rows = isToday(day)
      ? liveRows(counted)
      : rowsOf(
          day,
          counted.map(({ count }) => count),
        );
    for (const row of rows) sink.row(row);
  }
  const value = { until: dayNumber(DAYS - 2), at: NOW };
  sink.row({ ...recordKey(ROLL_UP_RECORD), version: 1, value });
};

/** A job of that month. */
export const JOB_OF_MONTH = FIRST_JOB;
