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
 * their history, log events. That is bounded for one job, so memory is judged by ended job. Ten minutes with 280 jobs, three
 * times: of the second half the heap grew by 0.021 to 0.023 MiB a job and the engine by 0.31 to 0.32, whatever the load
 * of the machine. The laptop's process grew by 0.2 to 0.4: it has the environments of all functions as threads, whose
 * heaps fill for a while before they are collected. The bars are about twice the first and the last, and half as much
 * again for the engine.
 */
const KEPT_MIB_A_JOB = { heap: 0.05, laptop: 0.8, engine: 0.5 };
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
    name: "laptop's memory",
    x: "endedJobs",
    y: (one) => one.laptopMiB,
    allowed: KEPT_MIB_A_JOB.laptop,
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

/** The mean of what each job's runners cost, between two samples. */
export const usdAJob = (from: SoakSample, to: SoakSample): number =>
  (to.usd - from.usd) / Math.max(1, to.endedJobs - from.endedJobs);

/**
 * By how much a job of the last third may cost more than one of the first: passes and lists must not grow with history,
 * nor the time that runners stay. The runners' cost varies more, with the jobs that a fault makes start anew.
 */
const MAX_GROWTH = { rights: 1.25, usd: 1.5 };

const costGrowth = (samples: readonly SoakSample[]): readonly string[] => {
  const third = Math.floor(samples.length / 3);
  const [first, end, begin, last] = [samples[0], samples[third], samples.at(-1 - third), samples.at(-1)];
  if (!first || !end || !begin || !last || third === 0) return ["too few samples"];
  const rights = [rightsAJob(first, end), rightsAJob(begin, last)] as const;
  const usd = [usdAJob(first, end), usdAJob(begin, last)] as const;
  return [
    ...(rights[1] > rights[0] * MAX_GROWTH.rights
      ? [`cost: ${rights[0].toFixed(0)} calls a job at first, ${rights[1].toFixed(0)} at last`]
      : []),
    ...(usd[1] > usd[0] * MAX_GROWTH.usd
      ? [`cost: ${usd[0].toFixed(6)} USD a job at first, ${usd[1].toFixed(6)} at last`]
      : []),
  ];
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
