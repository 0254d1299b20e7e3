import { percentile } from "./scale";
import { Simulation } from "./world/world";

export interface BackPressureReport {
  readonly wrong: readonly string[];
  /** Minutes until the last job ran. */
  readonly minutes: number;
  readonly callsPerLaunch: number;
  /** Minutes until the shipped alarm on the longest wait rings. */
  readonly alarmedAfter: number;
  readonly waitsInMinutes: readonly [number, number];
}

const PROJECTS = 50;
/** Whoever launches ten thousand at once has raised these two: EC2's launches are what is short here. */
const RAISED = { concurrentExecutions: 10_000, parameterReadsPerSecond: 10_000 } as const;
/** The jobs are created within so many seconds. */
const COME_WITHIN = 10;

/**
 * Asks for more instances at once than EC2 launches.
 *
 * @param bucket capacity of EC2's token bucket for launches, which is refilled with two tokens a second
 */
export const runBackPressure = async (
  jobs: number,
  seed: number,
  bucket = 1_000,
): Promise<BackPressureReport> => {
  const world = new Simulation({
    seed,
    stack: { totalLimit: 20_000, classLimit: 20_000 },
    account: RAISED,
    gitLab: { gives: "oldest" },
    ec2: { bucket },
  });
  const { now: start } = world.timeline;
  for (let index = 0; index < jobs; index += 1) {
    world.after((index * COME_WITHIN) / jobs, () =>
      world.addJob({ kind: "ec2", projectId: 1 + (index % PROJECTS), seconds: 60 }),
    );
  }
  await world.run(60);
  await world.settle(4 * 3_600);
  const alarmedAt = world.alarms.ringsAt("OldestWaitingAlarm", start, world.timeline.now);
  const waits = [...world.gitLab.jobs.values()]
    .map(({ startedAt, createdAt }) => ((startedAt ?? Number.POSITIVE_INFINITY) - createdAt) / 60_000)
    .sort((one, other) => one - other);
  return {
    wrong: world.verdict(),
    minutes: waits.at(-1) ?? 0,
    callsPerLaunch: world.ec2.launchCalls / world.ec2.instances.size,
    alarmedAfter: ((alarmedAt ?? Number.POSITIVE_INFINITY) - start) / 60_000,
    waitsInMinutes: [percentile(waits, 0.5), percentile(waits, 0.95)],
  };
};
