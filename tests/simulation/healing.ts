import { percentile } from "./scale";
import type { Job } from "./world/gitlab";
import { Simulation } from "./world/world";

/** A world in which one kind of webhook gets lost and nothing else fails. */
export interface HealingOptions {
  readonly seed: number;
  readonly projects: number;
  readonly jobs: number;
  /** Seconds within which the jobs are created. */
  readonly over: number;
  /** Whether the job's webhook of this status is lost. */
  readonly loses: (job: Job, status: string) => boolean;
  /** Seconds that a job runs, from and to. */
  readonly runs: readonly [number, number];
}

export interface Healing {
  readonly world: Simulation;
  readonly jobs: readonly Job[];
  /** When GitLab deleted the record of each runner. */
  readonly removedAt: ReadonlyMap<number, number>;
  /** When GitLab paused each runner. */
  readonly pausedAt: ReadonlyMap<number, number>;
  /** List calls of each pass: jobs of projects and runners, memberships, runner records. */
  readonly listCalls: readonly number[];
}

const LIST_CALLS = ["gitLab.jobs", "gitLab.runnerJobs", "gitLab.projects", "gitLab.runners"];

/** EventBridge runs a schedule within its minute, not at its first second. */
const SCHEDULE_LATE_SECONDS = 5;

/** A pass reads it once, before its lists. */
const FIRST_READ = "ledger.openOrphans";

/** Counts the list calls of each pass. */
const countListCalls = (world: Simulation): readonly number[] => {
  const passes = [0];
  world.calls.plan = ({ name, caller }) => {
    if (caller !== "ReconcilerFunction") return undefined;
    if (name === FIRST_READ) passes.push(0);
    if (LIST_CALLS.includes(name)) passes[passes.length - 1] = (passes.at(-1) ?? 0) + 1;
    return undefined;
  };
  return passes;
};

/** Runs a first job in every project, with all its webhooks: from then on the projects are known. */
const meetProjects = async (world: Simulation, projects: number): Promise<void> => {
  for (let projectId = 1; projectId <= projects; projectId += 1) world.addJob({ kind: "lambda", projectId });
  await world.run(5 * 60);
};

const timesOf = (world: Simulation, field: "pause" | "remove"): ReadonlyMap<number, number> => {
  const times = new Map<number, number>();
  const { gitLab, timeline } = world;
  const act = gitLab[field].bind(gitLab) as (runnerId: number) => boolean;
  Object.assign(gitLab, {
    [field]: (runnerId: number) => {
      if (!times.has(runnerId)) times.set(runnerId, timeline.now);
      return act(runnerId);
    },
  });
  return times;
};

/** Jobs at random times in random projects, some of which lose a webhook. */
export const heal = async ({ seed, projects, jobs, over, loses, runs }: HealingOptions): Promise<Healing> => {
  const world = new Simulation({
    seed,
    gitLab: { gives: "oldest" },
    stack: { totalLimit: 20_000, classLimit: 20_000 },
    scheduleLateSeconds: SCHEDULE_LATE_SECONDS,
    // Nor does AWS tell of ends: what is noticed, a webhook or a pass noticed.
    reports: { lost: 1 },
  });
  world.bus.loses = ({ source }) => source === "aws.ec2";
  const listCalls = countListCalls(world);
  const [pausedAt, removedAt] = [timesOf(world, "pause"), timesOf(world, "remove")];
  await meetProjects(world, projects);
  world.webhooks.fate = (job, status) => (loses(job, status) ? "lost" : undefined);
  const dice = world.random.fork("healing");
  const added: Job[] = [];
  for (let index = 0; index < jobs; index += 1) {
    const projectId = 1 + dice.below(projects);
    const seconds = Math.round(dice.between(...runs));
    const kind = dice.chance(0.1) ? "ec2" : "lambda";
    world.after(dice.between(0, over), () => added.push(world.addJob({ kind, projectId, seconds })));
  }
  await world.run(over);
  await world.settle(3_600);
  return { world, jobs: added, removedAt, pausedAt, listCalls };
};

/** 95 %, and the longest, of times in milliseconds; in seconds. */
export const worst = (times: readonly number[]): { readonly p95: number; readonly longest: number } => {
  const sorted = times.map((time) => time / 1_000).sort((one, other) => one - other);
  return { p95: percentile(sorted, 0.95), longest: sorted.at(-1) ?? Number.POSITIVE_INFINITY };
};
