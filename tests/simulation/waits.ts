import type { Attempt } from "../../Core/model/ledger";
import { WAIT_CAUSES, type WaitCause, type Waits } from "../../Core/waiting/causes";
import type { Job } from "./world/gitlab";
import type { Simulation } from "./world/world";

/**
 * What the ledger says that each job waited for, checked against the simulated GitLab's own times. Nothing of what splits
 * a wait is used here.
 */

const lastAttempt = ({ table }: Simulation, { id }: Job): Attempt | undefined =>
  table.attempts.get(id)?.at(-1);

/** Milliseconds by cause, as stored. */
export const waitsOfJob = (world: Simulation, job: Job): Waits => lastAttempt(world, job)?.waits ?? {};

/** Milliseconds from pending to running in the simulated GitLab. Undefined: it never ran. */
export const waitedFor = ({ pendingAt, startedAt }: Job): number | undefined =>
  pendingAt === undefined || startedAt === undefined ? undefined : startedAt - pendingAt;

export const sumOf = (waits: Waits): number => {
  let sum = 0;
  for (const milliseconds of Object.values(waits)) sum += milliseconds;
  return sum;
};

/**
 * A job that ran and of which the ledger has an attempt with a class. One whose webhook was lost may run on another job's
 * runner before anything was stored of it.
 */
export const isAccounted = (world: Simulation, job: Job): boolean =>
  job.startedAt !== undefined && lastAttempt(world, job)?.order !== undefined;

/** Of every job that ran for which the ledger has an attempt: a sentence where its causes do not sum to its wait. */
export const wrongWaits = (world: Simulation): readonly string[] =>
  [...world.gitLab.jobs.values()]
    .filter((job) => isAccounted(world, job))
    .filter((job) => sumOf(waitsOfJob(world, job)) !== waitedFor(job))
    .map(
      (job) =>
        `job ${job.id} waited ${waitedFor(job)} ms, and its causes sum to ${sumOf(waitsOfJob(world, job))}`,
    );

/** The cause that took most of a job's wait. */
export const mostOf = (waits: Waits): WaitCause => {
  let most: WaitCause = "other";
  for (const cause of WAIT_CAUSES) if ((waits[cause] ?? 0) > (waits[most] ?? 0)) most = cause;
  return most;
};

/** What all jobs together waited for, as shares of the whole. */
export const sharesOf = (world: Simulation): Readonly<Partial<Record<WaitCause, number>>> => {
  const sums: Partial<Record<WaitCause, number>> = {};
  for (const job of world.gitLab.jobs.values())
    for (const cause of WAIT_CAUSES) {
      const milliseconds = waitsOfJob(world, job)[cause] ?? 0;
      if (milliseconds > 0) sums[cause] = (sums[cause] ?? 0) + milliseconds;
    }
  const all = sumOf(sums);
  for (const cause of WAIT_CAUSES) if (sums[cause] !== undefined) sums[cause] = sums[cause] / all;
  return sums;
};
