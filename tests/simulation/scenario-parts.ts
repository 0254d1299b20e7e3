import type { FaultPlan } from "./world/calls";
import { isLive, type SimulatedInstance } from "./world/checks";
import type { Job } from "./world/gitlab";
import { Simulation, type SimulationOptions } from "./world/world";

/** Helpers for tests of single scenarios. */

/** Seven passes, and what the last one and the start after it take: a job may lose its runner to others several times. */
const STARTS_WITHIN = 430_000;

export const MINUTE = 60;
export const HOUR = 3_600;

export type SimulationWith = (options?: Partial<SimulationOptions>) => Simulation;

/** Makes simulations in which GitLab hands jobs out in one of its two ways. */
const simulationsThat =
  (acknowledgement: boolean): SimulationWith =>
  ({ gitLab, ...options } = {}) =>
    new Simulation({ seed: 14, ...options, gitLab: { gives: "oldest", acknowledgement, ...gitLab } });

/** A simulation with GitLab's defaults. */
export const simulationWith = simulationsThat(false);

/** Both ways in which GitLab hands a job out; the first is its default. */
export const HAND_OUTS: readonly {
  readonly handOut: string;
  readonly acknowledgement: boolean;
  readonly simulationWith: SimulationWith;
}[] = [
  { handOut: "a job runs as it is handed out", acknowledgement: false, simulationWith },
  {
    handOut: "a job waits for its runner's confirmation",
    acknowledgement: true,
    simulationWith: simulationsThat(true),
  },
];

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

/** Whether a job was handed out: it runs, or is assigned and not yet confirmed. */
export const isAssigned = (job: Job): boolean => job.runnerId !== undefined;

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
