import type { QueueTimeObjective } from "../../Core/model/runner-order";
import type { Waits } from "../../Core/waiting/causes";
import { type ClassWaits, greatestFirst, missesOf } from "../../Core/waiting/day";
import { totalOf } from "../../Core/waiting/split";
import { CAUSE_WORDS } from "../../Core/waiting/words";
import type { Console } from "../console/console";
import { table } from "../console/table";
import { duration, plural } from "../console/words";

/** How jobs have waited today. */
export interface WaitsToday {
  /** UTC, `yyyy-mm-dd`. */
  readonly day: string;
  readonly classes: readonly ClassWaits[];
  /** As the mapping's settings have it now. */
  readonly objective?: QueueTimeObjective;
}

const CAUSES_SHOWN = 3;

const sharesText = (causes: Waits): string => {
  const all = totalOf(causes);
  return greatestFirst(causes)
    .slice(0, CAUSES_SHOWN)
    .map(([cause, milliseconds]) => `${CAUSE_WORDS[cause].short} ${Math.round((100 * milliseconds) / all)} %`)
    .join(", ");
};

const row = ({ classKey, jobs, p50, p95, p99, causes }: ClassWaits): readonly string[] => [
  classKey,
  String(jobs),
  ...[p50, p95, p99].map((milliseconds) => `≤ ${duration(milliseconds)}`),
  sharesText(causes),
];

const percentText = (share: number): string => `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;

/** The objective, how far it is met today, and what most of those that missed it waited for. */
const objectiveText = (
  { seconds, percent }: QueueTimeObjective,
  classes: readonly ClassWaits[],
): string[] => {
  const jobs = classes.reduce((sum, each) => sum + each.jobs, 0);
  const missed = missesOf(classes);
  const misses = totalOf(missed);
  const wanted = `${percent} % of the jobs run within ${duration(seconds * 1_000)}`;
  const met = `today ${percentText((jobs - misses) / jobs)} of ${plural(jobs, "job")} did`;
  const [first] = greatestFirst(missed);
  if (first === undefined) return [`Objective: ${wanted}; ${met}.`];
  const [cause, count] = first;
  const { short, remedy } = CAUSE_WORDS[cause];
  return [
    `Objective: ${wanted}; ${met}. First cause of the others: ${short} (${count} of ${misses}).`,
    ...(remedy ? [`→ ${remedy}.`] : []),
  ];
};

/** Nothing where no job has begun today. */
export const waitsText = (console: Console, { day, classes, objective }: WaitsToday): readonly string[] => {
  if (classes.length === 0) return [];
  const head = ["class", "jobs", "p50", "p95", "p99", "most of it for"];
  return [
    "",
    console.colours.bold(`From pending to running, today (${day}, UTC)`),
    table(console, head, classes.map(row)),
    ...(objective ? objectiveText(objective, classes) : []),
  ];
};

/** Milliseconds; causes as sums over all jobs. */
export const waitsJson = ({ day, classes, objective }: WaitsToday) => ({
  day,
  ...(objective ? { objective } : {}),
  classes: classes.map(({ classKey, jobs, p50, p95, p99, causes, missed }) => ({
    class: classKey,
    jobs,
    milliseconds: { p50, p95, p99 },
    causes,
    missed,
  })),
});
