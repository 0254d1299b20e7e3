import { percentile, waitsOf } from "./scale";
import type { Job } from "./world/gitlab";
import type { Kind } from "./world/stack";
import { Simulation, type SimulationOptions } from "./world/world";

/** Bursts of jobs under the limits of an AWS account. */

export interface Burst {
  /** By default `lambda`. */
  readonly kind?: Kind;
  readonly jobs: number;
  /** Seconds within which they are created. */
  readonly within: number;
  readonly projects: number;
}

const JOB_SECONDS = 30;

/** A pipeline with one job for each way in which a job runs, as the sample has them. */
const SAMPLE: readonly Kind[] = ["lambda", "ec2", "lambda", "large", "lambda"];

export const accountWith = (seed: number, options: Partial<SimulationOptions> = {}): Simulation =>
  new Simulation({ seed, gitLab: { gives: "oldest" }, ...options });

export const addSample = (world: Simulation): void => {
  for (const kind of SAMPLE) world.addJob({ kind, projectId: 1, seconds: JOB_SECONDS });
};

/** @param after seconds until the first of them */
export const addBurst = (
  world: Simulation,
  { kind = "lambda", jobs, within, projects }: Burst,
  after = 0,
): void => {
  for (let index = 0; index < jobs; index += 1)
    world.after(after + (index * within) / jobs, () =>
      world.addJob({ kind, projectId: 1 + (index % projects), seconds: JOB_SECONDS }),
    );
};

/** Seconds from pending to running that all but one job in twenty wait at most. */
export const p95OfWaits = (world: Simulation): number => percentile(waitsOf(world), 0.95);

export const unsuccessful = (world: Simulation): Job[] =>
  [...world.gitLab.jobs.values()].filter(({ status }) => status !== "success");

/** Seconds from pending until the ledger knows a job, of those that it ever knew, sorted. The others took another's runner. */
export const knownAfter = (world: Simulation): number[] =>
  [...world.gitLab.jobs.values()]
    .flatMap(({ id, pendingAt = Number.NaN }) => {
      const [first] = world.table.attempts.get(id) ?? [];
      return first === undefined ? [] : [(Math.min(...Object.values(first.times)) - pendingAt) / 1_000];
    })
    .sort((one, other) => one - other);

/**
 * Seconds from each refused `pending` webhook until the ledger knows its job, or until the job ran; those of jobs that
 * no other webhook told of meanwhile.
 */
export const healedAfter = (world: Simulation): number[] =>
  world.webhooks.health.refusals.flatMap(({ jobId, status, at }) => {
    if (status !== "pending") return [];
    const [first] = world.table.attempts.get(jobId) ?? [];
    const times = [...Object.values(first?.times ?? {}), world.gitLab.jobs.get(jobId)?.startedAt];
    return [(Math.min(...times.filter((time) => time !== undefined)) - at) / 1_000];
  });
