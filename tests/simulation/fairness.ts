import { percentile } from "./scale";
import { Simulation } from "./world/world";

/** One project with very many jobs, and nineteen with few. */
export interface FairnessOptions {
  readonly seed: number;
  /** Jobs of the one project; none: what the others wait alone. */
  readonly many: number;
  readonly totalLimit: number;
  /** Runners of one project at a time; undefined: no limit of its own. */
  readonly perProject?: number;
  /** Seconds in which the one project's jobs come; the others' come a moment after the first of them. */
  readonly comeWithin?: number;
}

/** Seconds that the jobs of the nineteen wait. */
export interface FairnessReport {
  readonly mean: number;
  readonly p95: number;
  readonly longest: number;
  /** What I-22 and the other checks of the world complain of. */
  readonly wrong: readonly string[];
}

const OTHERS = 19;
const JOBS_EACH = 10;
const JOB_SECONDS = 30;
const COME_WITHIN = 60;
const OTHERS_AFTER = 5;
const MAX_SECONDS = 3 * 3_600;
const LOOK_EVERY_SECONDS = 10;

/** Plays until every job of the nineteen has started; the one project's jobs may still wait then. */
export const runFairness = async (options: FairnessOptions): Promise<FairnessReport> => {
  const { seed, many, totalLimit, perProject, comeWithin = COME_WITHIN } = options;
  const projectLimit = perProject === undefined ? {} : { projectLimit: perProject };
  const world = new Simulation({ seed, stack: { totalLimit, classLimit: totalLimit, ...projectLimit } });
  let mostRunning = 0;
  const countRunning = (): void => {
    const running = [...world.gitLab.running].filter(({ projectId }) => projectId === 1).length;
    mostRunning = Math.max(mostRunning, running);
    world.after(1, countRunning);
  };
  countRunning();
  const add = (projectId: number): void =>
    void world.addJob({ kind: "lambda", projectId, seconds: JOB_SECONDS });
  for (let index = 0; index < many; index += 1) world.after((index * comeWithin) / many, () => add(1));
  for (let index = 0; index < OTHERS * JOBS_EACH; index += 1)
    world.after(OTHERS_AFTER + index / 100, () => add(2 + (index % OTHERS)));
  await world.run(COME_WITHIN);
  const theirs = [...world.gitLab.jobs.values()].filter(({ projectId }) => projectId !== 1);
  const isMet = (): boolean => theirs.every(({ startedAt }) => startedAt !== undefined);
  for (let waited = 0; waited < MAX_SECONDS && !isMet(); waited += LOOK_EVERY_SECONDS)
    await world.run(LOOK_EVERY_SECONDS);
  const waits = theirs
    .map(({ startedAt = Number.POSITIVE_INFINITY, pendingAt = 0 }) => (startedAt - pendingAt) / 1_000)
    .sort((one, other) => one - other);
  return {
    mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
    p95: percentile(waits, 0.95),
    longest: waits.at(-1) ?? 0,
    wrong:
      mostRunning > (perProject ?? totalLimit)
        ? [...world.checks.broken, `I-22: ${mostRunning} jobs of the project at once`]
        : world.checks.broken,
  };
};
