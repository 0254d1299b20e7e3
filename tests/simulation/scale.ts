import { STACK } from "../../AutoScaler/src/ports";
import { parseRunnerDescription } from "../../Core/configuration";
import type { WaitCause } from "../../Core/waiting/causes";
import { areReported, isWaiting } from "./job-arbitraries";
import { mostOf, sharesOf, waitedFor, waitsOfJob, wrongWaits } from "./waits";
import type { Job } from "./world/gitlab";
import { wronglyCounted } from "./world/proof/counted";
import { random } from "./world/random";
import { DEPLOYMENT } from "./world/stack";
import { Simulation } from "./world/world";

export interface ScaleOptions {
  readonly jobs: number;
  readonly seed: number;
  /** Probability of a fault for each call, webhook, event and execution. */
  readonly faults: number;
  /** Seconds within which the jobs are created. */
  readonly over: number;
  /** One job in so many needs an instance. */
  readonly ec2EveryNth: number;
  /** One of the others in so many needs a MicroVM; every second of them may fall back to EC2. */
  readonly microVmEveryNth: number;
  /** Runners at a time, of the stack and of each class. */
  readonly limit: number;
}

export interface ScaleReport {
  readonly wrong: readonly string[];
  readonly jobs: number;
  readonly startsPerSecond: number;
  /** Seconds from pending to running: median, 95 %, 99 %, longest. */
  readonly waits: readonly [number, number, number, number];
  /** Jobs that ran on a runner that was made for another. */
  readonly onAnothersRunner: number;
  /** Jobs that waited for more than three minutes, although there was room for all, by the cause that took most of it. */
  readonly late: number;
  readonly lateBy: Readonly<Partial<Record<WaitCause, number>>>;
  /** Of each of them, what it waited for. */
  readonly lateTexts: readonly string[];
  /** What all jobs waited for, as shares of the whole. */
  readonly causes: Readonly<Partial<Record<WaitCause, number>>>;
  readonly peakLive: number;
  /** Slots of the stack that were taken at once, as far as a look each second shows. */
  readonly mostSlots: number;
  readonly events: number;
  readonly busEvents: number;
  readonly virtualSeconds: number;
  readonly callsPerJob: Readonly<Record<string, number>>;
}

/** GitLab allows 1,000 runners a project, and a pass lists a hundred projects. */
const PROJECTS = 50;
/**
 * Each Lambda runner has an environment of its own, idle for minutes after its job. At 26 a second that is 8,000 of
 * them, for which an account needs this limit.
 */
const CONCURRENT_EXECUTIONS = 4_000;

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Faults of single calls. Death is drawn once for each process: otherwise no pass of a thousand calls would end. */
const FAULT_KINDS = ["fails", "loses-answer", "throttled", "times-out"] as const;

/** The simulation with faults drawn for every call. */
export const scaleSimulation = ({ seed, faults, limit }: ScaleOptions): Simulation => {
  const dice = random(seed).fork("faults");
  return new Simulation({
    seed,
    stack: { totalLimit: limit, classLimit: limit, ec2LifetimeSeconds: 600 },
    account: { concurrentExecutions: CONCURRENT_EXECUTIONS },
    // GitLab's rule: any job that matches.
    gitLab: { gives: "any" },
    webhooks: { lost: faults, twice: faults, late: faults, relabelled: faults },
    bus: { lost: faults, twice: faults, late: faults },
    lambda: { twice: faults },
    executions: { throttled: faults, dies: faults / 10, crashes: faults },
    mood: { garbage: faults, lag: faults },
    ec2: { noSpot: faults, noCapacity: faults },
    microVms: { noCapacity: faults, neverRuns: faults, listLies: faults },
    faults: () => (dice.chance(faults) ? dice.pick(FAULT_KINDS) : undefined),
  });
};

/** Only the next job is on the timeline: a hundred thousand that wait there would slow every other event down. */
export const addJobs = (
  world: Simulation,
  { jobs, over, ec2EveryNth, microVmEveryNth }: ScaleOptions,
): void => {
  const dice = world.random.fork("jobs");
  const times = Float64Array.from({ length: jobs }, () => dice.between(0, over)).sort();
  const add = (index: number): void => {
    const other = dice.below(microVmEveryNth) === 0 ? dice.pick(["microVm", "elastic"] as const) : "lambda";
    const kind = dice.below(ec2EveryNth) === 0 ? "ec2" : other;
    const seconds = Math.round(dice.between(4, 40));
    world.addJob({ kind, projectId: 1 + dice.below(PROJECTS), seconds, fails: dice.chance(0.1) });
    addFrom(index + 1);
  };
  const addFrom = (index: number): void => {
    const time = times[index];
    if (time !== undefined) world.after(time - (times[index - 1] ?? 0), () => add(index));
  };
  addFrom(0);
};

const LATE_SECONDS = 180;

const isLate = (job: Job): boolean => (waitedFor(job) ?? 0) > LATE_SECONDS * 1_000;

/** `job 7: exchange 134.6 s, boot 44.3 s`. */
const waitText = (world: Simulation, job: Job): string => {
  const waits = Object.entries(waitsOfJob(world, job)).sort(([, one], [, other]) => other - one);
  return `job ${job.id}: ${waits.map(([cause, milliseconds]) => `${cause} ${(milliseconds / 1_000).toFixed(1)} s`).join(", ")}`;
};

/** The late jobs, each by its first cause. */
const lateByCause = (world: Simulation, late: readonly Job[]): Partial<Record<WaitCause, number>> => {
  const counts: Partial<Record<WaitCause, number>> = {};
  for (const job of late) {
    const cause = mostOf(waitsOfJob(world, job));
    counts[cause] = (counts[cause] ?? 0) + 1;
  }
  return counts;
};

/** Seconds from pending to running of all jobs that ran, sorted. */
export const waitsOf = (world: Simulation): number[] =>
  [...world.gitLab.jobs.values()]
    .flatMap(({ pendingAt, startedAt }) =>
      pendingAt === undefined || startedAt === undefined ? [] : [(startedAt - pendingAt) / 1000],
    )
    .sort((one, other) => one - other);

/** GitLab's record of the runner that ran the job was made for another job. */
export const isOnAnothers = ({ gitLab }: Simulation, { id, runnerId }: Job): boolean => {
  const mark = parseRunnerDescription(DEPLOYMENT, gitLab.descriptions.get(runnerId ?? 0) ?? "");
  return mark !== undefined && mark.jobId !== id;
};

export const reportOf = (world: Simulation, wrong: readonly string[], mostSlots: number): ScaleReport => {
  const jobs = [...world.gitLab.jobs.values()];
  const waits = waitsOf(world);
  const starts = jobs.flatMap(({ startedAt }) => startedAt ?? []).sort((one, other) => one - other);
  const seconds = (percentile(starts, 0.95) - percentile(starts, 0.05)) / 1000;
  return {
    wrong,
    jobs: jobs.length,
    startsPerSecond: (0.9 * starts.length) / Math.max(1, seconds),
    waits: [percentile(waits, 0.5), percentile(waits, 0.95), percentile(waits, 0.99), waits.at(-1) ?? 0],
    onAnothersRunner: jobs.filter((job) => isOnAnothers(world, job)).length,
    late: waits.filter((wait) => wait > LATE_SECONDS).length,
    lateBy: lateByCause(world, jobs.filter(isLate)),
    lateTexts: jobs.filter(isLate).map((job) => waitText(world, job)),
    causes: sharesOf(world),
    peakLive: world.checks.mostLive,
    mostSlots,
    events: world.timeline.count,
    busEvents: world.bus.counts.events,
    virtualSeconds: Math.round((world.timeline.now - (jobs[0]?.createdAt ?? 0)) / 1000),
    callsPerJob: Object.fromEntries(
      [...world.calls.counts].sort().map(([name, count]) => [name, count / jobs.length]),
    ),
  };
};

/** @returns the most slots of the stack that were taken at once so far */
const watchSlots = (world: Simulation): (() => number) => {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, world.table.taken(STACK));
    world.after(1, look);
  };
  look();
  return () => most;
};

/** A slot or a record that two faults hit waits for a pass, or for the grace time of orphans. */
const SETTLES_WITHIN = 2 * 3_600;

/** Runs many jobs in one virtual hour with faults of every kind. Every job must be met, and nothing left at the end. */
export const runScale = async (options: ScaleOptions): Promise<ScaleReport> => {
  const world = scaleSimulation(options);
  addJobs(world, options);
  const mostSlots = watchSlots(world);
  await world.run(options.over + 1);
  await world.settle(SETTLES_WITHIN, (left) => left.every(isWaiting) && areReported(world, left), 30);
  const wrong = world.verdict();
  const broken = areReported(world, wrong) ? wrong.filter((one) => !isWaiting(one)) : wrong;
  return reportOf(world, [...broken, ...wrongWaits(world), ...wronglyCounted(world)], mostSlots());
};
