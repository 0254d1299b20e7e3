import type { FaultPlan } from "./world/calls";
import { isLive, type SimulatedInstance } from "./world/checks";
import type { Job } from "./world/gitlab";
import { Simulation, type SimulationOptions } from "./world/world";

/** Helpers for tests of single scenarios. */

const STARTS_WITHIN = 420_000;

export const MINUTE = 60;
export const HOUR = 3_600;

export const simulationWith = (options: Partial<SimulationOptions> = {}): Simulation =>
  new Simulation({ seed: 14, gitLab: { gives: "oldest" }, ...options });

/** A plan in which the first `times` calls of that name by that function have the fault, and no others. */
export const first = (name: string, caller: string, fate: ReturnType<FaultPlan>, times = 1): FaultPlan => {
  let left = times;
  return (call) => {
    if (left === 0 || call.name !== name || call.caller !== caller) return undefined;
    left -= 1;
    return fate;
  };
};

/** From now on, for so many seconds, every call whose name has the prefix has the fault. */
export const during = (
  world: Simulation,
  seconds: number,
  prefix: string,
  fate: ReturnType<FaultPlan> = "fails",
): void => {
  const until = world.timeline.now + seconds * 1000;
  world.calls.plan = ({ name }) => (world.timeline.now < until && name.startsWith(prefix) ? fate : undefined);
};

export const isAssigned = (job: Job): boolean => job.status === "pending" && job.runnerId !== undefined;

/** Seconds from pending to running. */
export const waitOf = (job: Job): number =>
  ((job.startedAt ?? Number.POSITIVE_INFINITY) - (job.pendingAt ?? 0)) / 1000;

export const attemptsOf = (world: Simulation, job: Job): number =>
  (world.table.attempts.get(job.id) ?? []).length;

/** Instances that were ever launched. */
export const launches = (world: Simulation): number => world.ec2.instances.size;

export const liveInstances = (world: Simulation): SimulatedInstance[] =>
  [...world.ec2.instances.values()].filter(isLive);

export const total = (world: Simulation, metric: string): number => world.metrics.get(metric) ?? 0;

/** Runs until nothing is left; every job must be met then and no invariant broken. @returns the seconds that it took */
export const settle = async (world: Simulation, mostSeconds = 40 * MINUTE): Promise<number> => {
  await world.run(1);
  const seconds = await world.settle(mostSeconds);
  expect(world.verdict()).toEqual([]);
  return seconds;
};

export const expectMet = (...jobs: readonly Job[]): void => {
  for (const job of jobs) {
    expect([job.id, job.status]).toEqual([job.id, "success"]);
    expect(waitOf(job) * 1000).toBeLessThan(STARTS_WITHIN);
  }
};
