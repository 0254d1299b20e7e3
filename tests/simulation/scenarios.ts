import { type CallFault, FAULTS, type FaultPlan } from "./world/calls";
import { isLive } from "./world/checks";
import type { Job } from "./world/gitlab";
import { Simulation, type SimulationOptions } from "./world/world";

/** One or two jobs, run again and again with a fault at another call each time. */
export interface Scenario {
  readonly name: string;
  readonly options?: Partial<SimulationOptions>;
  readonly begin: (world: Simulation) => readonly Job[];
  /** AWS takes a job's machine away, or a user cancels the job: it need not succeed. */
  readonly mayFail?: boolean;
}

const cancelAfter = (world: Simulation, job: Job, seconds: number): void =>
  world.after(seconds, () => world.gitLab.cancel(job));

export const SCENARIOS: readonly Scenario[] = [
  { name: "success on Lambda", begin: (world) => [world.addJob({ kind: "lambda" })] },
  { name: "success on EC2", begin: (world) => [world.addJob({ kind: "ec2" })] },
  { name: "success on EC2 by the job's tags", begin: (world) => [world.addJob({ kind: "sized" })] },
  { name: "success on a MicroVM", begin: (world) => [world.addJob({ kind: "microVm" })] },
  {
    name: "fallback from a MicroVM to EC2",
    options: { microVms: { memoryQuotaMiB: 0 } },
    begin: (world) => [world.addJob({ kind: "elastic" })],
  },
  {
    name: "failure on a MicroVM that is kept",
    begin: (world) => [world.addJob({ kind: "kept", fails: true, ref: "feature" })],
    mayFail: true,
  },
  { name: "failure on EC2", begin: (world) => [world.addJob({ kind: "ec2", fails: true })], mayFail: true },
  {
    name: "cancel before pick-up",
    begin: (world) => {
      const job = world.addJob({ kind: "ec2" });
      cancelAfter(world, job, 6);
      return [job];
    },
    mayFail: true,
  },
  {
    name: "cancel while running",
    begin: (world) => {
      const job = world.addJob({ kind: "ec2", seconds: 200 });
      cancelAfter(world, job, 120);
      return [job];
    },
    mayFail: true,
  },
  {
    name: "stolen runner",
    options: { gitLab: { gives: "newest" } },
    begin: (world) => {
      const first = world.addJob({ kind: "ec2" });
      const second = world.addJob({ kind: "ec2", seconds: 90 });
      return [first, second];
    },
  },
  {
    name: "limit of one and two jobs",
    options: { stack: { totalLimit: 1, classLimit: 1, projectLimit: 1 } },
    begin: (world) => [world.addJob({ kind: "ec2" }), world.addJob({ kind: "ec2" })],
  },
  {
    name: "spot interruption",
    // GitLab fails a job without reports at its time-out, which is the class's lifetime.
    options: { stack: { ec2LifetimeSeconds: 600 } },
    begin: (world) => {
      const job = world.addJob({ kind: "ec2", seconds: 300 });
      world.after(100, () => {
        for (const instance of world.ec2.instances.values()) {
          if (isLive(instance)) world.providers.spotKill(instance);
        }
      });
      return [job];
    },
    mayFail: true,
  },
  {
    name: "all webhooks lost",
    options: { webhooks: { lost: 1 } },
    begin: (world) => [world.addJob({ kind: "ec2" }), world.addJob({ kind: "lambda" })],
  },
];

/** A fault and the call that has it; calls are counted over a run. */
export interface Hit {
  readonly at: number;
  readonly fault: CallFault;
}

export const planOf =
  (hits: readonly Hit[]): FaultPlan =>
  ({ index }) =>
    hits.find(({ at }) => at === index)?.fault;

/** Seconds that a scenario may take: an orphan is left alone for ten minutes, a lease for a minute and a half. */
const SETTLES_WITHIN = 25 * 60;
/** Milliseconds: two leases, a pass after each, and the boot of an instance. */
const STARTS_WITHIN = 420_000;

export interface Played {
  readonly calls: readonly string[];
  readonly wrong: readonly string[];
  readonly seconds: number;
}

const lateJobs = (jobs: readonly Job[], { mayFail = false }: Scenario): string[] =>
  jobs.flatMap((job) => {
    const waited = (job.startedAt ?? Number.POSITIVE_INFINITY) - (job.pendingAt ?? 0);
    const isMet = job.status === "success" && waited <= STARTS_WITHIN;
    return mayFail || isMet ? [] : [`I-1: job ${job.id} is ${job.status}, it waited ${waited / 1000} s`];
  });

/**
 * Runs a scenario with faults until nothing is left, and says what is wrong then.
 *
 * @param acknowledgement whether GitLab hands jobs out in two phases
 */
export const play = async (
  { options, ...scenario }: Scenario,
  seed: number,
  hits: readonly Hit[] = [],
  acknowledgement = false,
): Promise<Played> => {
  const gitLab = { acknowledgement, ...options?.gitLab };
  const world = new Simulation({ ...options, gitLab, seed, faults: planOf(hits) });
  world.calls.trace = [];
  const jobs = scenario.begin(world);
  await world.run(1);
  const seconds = 1 + (await world.settle(SETTLES_WITHIN));
  const calls = world.calls.trace.map(({ name, caller }) => `${name} by ${caller}`);
  return { calls, wrong: [...world.verdict(), ...lateJobs(jobs, scenario)], seconds };
};

/** Every call of a run without faults × every fault. */
export const hitsOf = (calls: readonly string[]): Hit[] =>
  calls.flatMap((_, at) => FAULTS.map((fault) => ({ at, fault })));
