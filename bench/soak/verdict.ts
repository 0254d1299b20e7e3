import type { SoakSample } from "./sample";
import { grows, slope } from "./trend";

/** A quantity that must not grow, beyond what is allowed for a reason. */
interface Rule {
  readonly name: string;
  readonly x: "seconds" | "endedJobs";
  readonly y: (sample: SoakSample) => number;
  /** For each second or ended job. */
  readonly allowed: number;
  readonly unit: string;
}

/**
 * The stand-in for GitLab and the engine keep what they did, as GitLab and AWS do: a job with its log, executions with
 * their history, log events. That is bounded for one job, so memory is judged by ended job. The bars are estimates: no long
 * run has measured them yet.
 */
const KEPT_MIB_A_JOB = { heap: 0.15, engine: 0.5 };
/** Whatever leaks leaks at least one for each job; half of that is between a leak and none. */
const HANDLES_A_JOB = 0.5;
/** The same number of jobs is under way all the time. */
const OPEN_ITEMS_A_SECOND = 1 / 60;
/** An attempt and a runner, and a second of each for every job that a fault took its runner from. */
const LEDGER_ITEMS_A_JOB = 4;

const RULES: readonly Rule[] = [
  {
    name: "laptop's heap",
    x: "endedJobs",
    y: (one) => one.heapMiB,
    allowed: KEPT_MIB_A_JOB.heap,
    unit: "MiB a job",
  },
  {
    name: "engine's memory",
    x: "endedJobs",
    y: (one) => one.engineMiB,
    allowed: KEPT_MIB_A_JOB.engine,
    unit: "MiB a job",
  },
  {
    name: "laptop's handles",
    x: "endedJobs",
    y: (one) => one.laptopHandles,
    allowed: HANDLES_A_JOB,
    unit: "a job",
  },
  {
    name: "engine's handles",
    x: "endedJobs",
    y: (one) => one.engineHandles,
    allowed: HANDLES_A_JOB,
    unit: "a job",
  },
  {
    name: "open items",
    x: "seconds",
    y: (one) => one.openItems,
    allowed: OPEN_ITEMS_A_SECOND,
    unit: "a second",
  },
  {
    name: "ledger items",
    x: "endedJobs",
    y: (one) => one.ledgerItems,
    allowed: LEDGER_ITEMS_A_JOB,
    unit: "a job",
  },
];

/** What grew, as sentences; none: nothing. */
const growing = (samples: readonly SoakSample[]): readonly string[] =>
  RULES.flatMap(({ name, x, y, allowed, unit }) => {
    const series = samples.map((sample) => ({ x: sample[x], y: y(sample) }));
    if (!grows(series, allowed)) return [];
    return [`${name}: ${slope(series).toFixed(3)} ${unit}, where ${allowed.toFixed(3)} is allowed`];
  });

/** The mean of the AWS calls that each job cost, between two samples. */
export const rightsAJob = (from: SoakSample, to: SoakSample): number =>
  (to.rights - from.rights) / Math.max(1, to.endedJobs - from.endedJobs);

/** A job of the last third may not cost a quarter more than one of the first: passes and lists must not grow with history. */
const MAX_COST_GROWTH = 1.25;

const costGrowth = (samples: readonly SoakSample[]): readonly string[] => {
  const third = Math.floor(samples.length / 3);
  const [first, end, begin, last] = [samples[0], samples[third], samples.at(-1 - third), samples.at(-1)];
  if (!first || !end || !begin || !last || third === 0) return ["too few samples"];
  const [before, after] = [rightsAJob(first, end), rightsAJob(begin, last)];
  return after > before * MAX_COST_GROWTH
    ? [`cost: ${before.toFixed(0)} calls a job at first, ${after.toFixed(0)} at last`]
    : [];
};

/** With fewer jobs a trend cannot be told from chance. */
const MIN_JOBS = 30;

/**
 * What is wrong, as sentences; none: nothing. The first half is a warm-up: caches fill, functions load and connections
 * open, as many as there are environments.
 */
export const judge = (all: readonly SoakSample[]): readonly string[] => {
  const samples = all.slice(Math.floor(all.length / 2));
  const jobs = (samples.at(-1)?.endedJobs ?? 0) - (samples[0]?.endedJobs ?? 0);
  if (jobs < MIN_JOBS) return [`${jobs} jobs ended after the warm-up, too few to judge: run it longer`];
  return [...growing(samples), ...costGrowth(samples)];
};
