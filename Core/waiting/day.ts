import { defined } from "../defined";
import type { UsageCount } from "../usage/usage-reader";
import { WAIT_CAUSES, type WaitCause, type Waits } from "./causes";
import { BUCKETS, percentileOf } from "./histogram";

/** How the jobs of one class waited on one day. Times in milliseconds. */
export interface ClassWaits extends WaitPercentiles {
  /** E.g. `EC2#big`. */
  readonly classKey: string;
  readonly jobs: number;
  /** Sums over all jobs. */
  readonly causes: Waits;
  /** Jobs that waited longer than the objective allows, by the cause that took most of it. */
  readonly missed: Waits;
}

type Numbers = Readonly<Record<string, number>>;

/** Numbers whose names begin so, by cause. */
const byCause = (numbers: Numbers, prefix: string): Waits =>
  defined(
    Object.fromEntries(WAIT_CAUSES.map((cause) => [cause, numbers[`${prefix}${cause}`]])) as Readonly<
      Record<WaitCause, number | undefined>
    >,
  );

/** How long half, 95 and 99 of 100 jobs waited at most, in milliseconds: ends of buckets, at most three tenths too high. */
export interface WaitPercentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Of a day's counts, or of sums of several days. 0: no job began. */
export const percentilesOf = (numbers: Numbers): WaitPercentiles => {
  const buckets = Array.from({ length: BUCKETS }, (_, bucket) => numbers[`bucket:${bucket}`]);
  const percentile = (share: number): number => percentileOf(buckets, share) ?? 0;
  return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) };
};

const classWaits = (classKey: string, numbers: Numbers): ClassWaits => ({
  classKey,
  jobs: numbers.waits ?? 0,
  ...percentilesOf(numbers),
  causes: byCause(numbers, "wait:"),
  missed: byCause(numbers, "missed:"),
});

const added = (one: Numbers, other: Numbers): Numbers => {
  const sums: Record<string, number> = { ...one };
  for (const [name, number] of Object.entries(other)) sums[name] = (sums[name] ?? 0) + number;
  return sums;
};

/** The waits of a day's counts by class; classes without a job that began are left out. Most jobs first. */
export const waitsByClass = (counts: readonly UsageCount[]): readonly ClassWaits[] => {
  const sums = new Map<string, Numbers>();
  for (const { subject, numbers } of counts)
    sums.set(subject.classKey, added(sums.get(subject.classKey) ?? {}, numbers));
  return [...sums]
    .map(([classKey, numbers]) => classWaits(classKey, numbers))
    .filter(({ jobs }) => jobs > 0)
    .sort((one, other) => other.jobs - one.jobs);
};

/** Jobs that waited longer than the objective allows, of all classes, by the cause that took most of it. */
export const missesOf = (classes: readonly ClassWaits[]): Waits =>
  byCause(
    classes.map(({ missed }) => missed).reduce<Numbers>((sums, missed) => added(sums, defined(missed)), {}),
    "",
  );

/** Causes with their numbers, greatest first. */
export const greatestFirst = (waits: Waits): readonly (readonly [WaitCause, number])[] =>
  WAIT_CAUSES.flatMap((cause) => {
    const number = waits[cause] ?? 0;
    return number > 0 ? [[cause, number] as const] : [];
  }).sort(([, one], [, other]) => other - one);
