import { percentile } from "./scale";
import { waitOf } from "./scenario-parts";
import type { Job } from "./world/gitlab";
import type { Kind } from "./world/stack";
import { Simulation, type SimulationOptions } from "./world/world";

/** How jobs come. */
export interface Load {
  readonly says: string;
  readonly jobs: number;
  /** Milliseconds between two of them; 0: all at once. */
  readonly every: number;
}

export interface StartTimes {
  readonly provider: string;
  readonly load: Load;
  /** Seconds from pending to running. */
  readonly p50: number;
  readonly p95: number;
  readonly longest: number;
  /** Jobs that ran on the fallback. */
  readonly fellBack: number;
  readonly wrong: readonly string[];
}

/** Every two hundred milliseconds is the rate that MicroVMs are granted. */
export const LOADS = {
  one: { says: "one", jobs: 1, every: 0 },
  steady: { says: "5 a second for a minute", jobs: 300, every: 200 },
  fifteen: { says: "15 at once", jobs: 15, every: 0 },
  burst: { says: "1,000 in ten seconds", jobs: 1_000, every: 10 },
} as const satisfies Readonly<Record<string, Load>>;

const KINDS = [
  ["Lambda", "lambda"],
  ["MicroVM", "microVm"],
  ["MicroVM, else EC2", "elastic"],
  ["EC2", "ec2"],
] as const satisfies readonly (readonly [string, Kind])[];

/**
 * An account in use, with room for all of them, and EC2's rate of CreateFleet raised from its five a second, by which a burst
 * of 1,000 would take minutes (docs/aws-limits.md). Instances of a prepared image are there after 25 to 45 seconds, a MicroVM's first
 * answer comes after 1.85 s (p50) to 3.6 s (p95 of a burst of twenty), as others measured in 2025 and 2026.
 */
const ACCOUNT: Partial<SimulationOptions> = {
  stack: { totalLimit: 2_000, classLimit: 2_000 },
  ec2: { bootsWithin: [25_000, 45_000], fleetsPerSecond: 100, fleetsAtOnce: 500 },
  gitLab: { gives: "oldest" },
  // With Parameter Store's higher throughput (docs/aws-limits.md).
  account: { concurrentExecutions: 4_000, parameterReadsPerSecond: 1_000 },
  microVms: { memoryQuotaMiB: 1_024 * 1_024 },
};

/** GitLab allows 1,000 runners a project; a burst is of several. */
const PROJECTS = 20;

/** Plays a load on one provider. All functions are cold before. */
export const startTimes = async (
  [provider, kind]: (typeof KINDS)[number],
  load: Load,
  seed: number,
): Promise<StartTimes> => {
  const world = new Simulation({ ...ACCOUNT, seed });
  const jobs: Job[] = [];
  for (let index = 0; index < load.jobs; index += 1)
    world.after((index * load.every) / 1_000, () => {
      jobs.push(world.addJob({ kind, projectId: 1 + (index % PROJECTS), seconds: 60 }));
    });
  await world.run(1 + (load.jobs * load.every) / 1_000);
  await world.settle(3_600);
  const waits = jobs.map(waitOf).sort((one, other) => one - other);
  return {
    provider,
    load,
    p50: percentile(waits, 0.5),
    p95: percentile(waits, 0.95),
    longest: waits.at(-1) ?? 0,
    fellBack: kind === "elastic" ? world.ec2.instances.size : 0,
    wrong: world.verdict(),
  };
};

/** Those that are printed beside each other. */
export const PROVIDERS = KINDS;

/** What is wanted of MicroVMs, in seconds. */
export const BARS = [
  { kind: KINDS[1], load: LOADS.steady, figure: "p50", most: 5 },
  { kind: KINDS[1], load: LOADS.steady, figure: "p95", most: 10 },
  { kind: KINDS[1], load: LOADS.fifteen, figure: "longest", most: 15 },
  { kind: KINDS[2], load: LOADS.burst, figure: "p95", most: 60 },
] as const;
