import fc from "fast-check";
import { isUsedUp } from "../../Core/model/ledger";
import { FAULTS } from "./world/calls";
import { isLive } from "./world/checks";
import { random } from "./world/random";
import type { Kind } from "./world/stack";
import { Simulation } from "./world/world";

/** One job of a random scenario. Times in seconds. */
export interface JobRun {
  readonly kind: Kind;
  readonly at: number;
  readonly runs: number;
  readonly fails: boolean;
  readonly isSilent: boolean;
  /** Seconds from its creation until its user cancels it. */
  readonly cancelledAfter?: number | undefined;
}

/** Probabilities of faults, 0 to 1. */
export interface FaultProfile {
  readonly webhooksLost: number;
  readonly webhooksTwice: number;
  readonly webhooksLate: number;
  readonly relabelled: number;
  readonly events: number;
  readonly calls: number;
  readonly executions: number;
  readonly replicas: number;
  readonly crashes: number;
  readonly spotKills: number;
  /** Largest error of a clock, in milliseconds. */
  readonly skew: number;
  /** Start and length of GitLab's outage, in seconds. */
  readonly outage?: readonly [number, number] | undefined;
}

export interface RandomScenario {
  readonly seed: number;
  readonly limit: number;
  /** Lifetime of EC2's default class; 600 when left out. */
  readonly lifetimeSeconds?: number | undefined;
  /** Whether GitLab hands jobs out in two phases. Absent: it does not, its default. */
  readonly acknowledgement?: boolean | undefined;
  readonly jobRuns: readonly JobRun[];
  readonly faultProfile: FaultProfile;
}

export const CALM: FaultProfile = {
  webhooksLost: 0,
  webhooksTwice: 0,
  webhooksLate: 0,
  relabelled: 0,
  events: 0,
  calls: 0,
  executions: 0,
  replicas: 0,
  crashes: 0,
  spotKills: 0,
  skew: 0,
};

const jobRun: fc.Arbitrary<JobRun> = fc.record({
  kind: fc.constantFrom<Kind[]>(
    ...(["ec2", "ec2", "ec2", "lambda", "lambda", "large", "foreign"] as const),
    ...(["microVm", "microVm", "elastic", "elastic", "kept", "kept"] as const),
  ),
  at: fc.nat(90),
  runs: fc.integer({ min: 1, max: 120 }),
  fails: fc.boolean(),
  isSilent: fc.constantFrom(false, false, false, true),
  cancelledAfter: fc.option(fc.nat(150), { nil: undefined, freq: 3 }),
});

const share = (most: number): fc.Arbitrary<number> => fc.constantFrom(0, most / 10, most / 3, most);

export const faultProfile: fc.Arbitrary<FaultProfile> = fc.record({
  webhooksLost: fc.constantFrom(0, 0.1, 0.5, 1),
  webhooksTwice: share(0.5),
  webhooksLate: share(0.3),
  relabelled: share(0.5),
  events: share(0.2),
  calls: share(0.05),
  executions: share(0.05),
  replicas: share(0.3),
  crashes: share(0.1),
  spotKills: share(0.3),
  skew: fc.constant(0),
  outage: fc.option(fc.tuple(fc.nat(200), fc.integer({ min: 5, max: 400 })), { nil: undefined, freq: 4 }),
});

export const scenarioOf = (of: fc.Arbitrary<FaultProfile> = faultProfile): fc.Arbitrary<RandomScenario> =>
  fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    limit: fc.constantFrom(1, 2, 3, 10),
    acknowledgement: fc.constantFrom(false, false, true),
    jobRuns: fc.array(jobRun, { minLength: 1, maxLength: 6 }),
    faultProfile: of,
  });

export const worldOf = ({
  seed,
  limit,
  faultProfile: profile,
  lifetimeSeconds = 600,
  acknowledgement = false,
}: RandomScenario): Simulation => {
  const dice = random(seed).fork("faults");
  const outages = profile.outage === undefined ? [] : [profile.outage];
  const world = new Simulation({
    seed,
    stack: { totalLimit: limit, classLimit: limit, projectLimit: limit, ec2LifetimeSeconds: lifetimeSeconds },
    webhooks: {
      lost: profile.webhooksLost,
      twice: profile.webhooksTwice,
      late: profile.webhooksLate,
      relabelled: profile.relabelled,
    },
    bus: { twice: profile.events, late: profile.events, lost: profile.events },
    lambda: { twice: profile.events },
    reports: { lost: profile.events, late: profile.events, twice: profile.events },
    executions: { skew: profile.skew, throttled: profile.executions, dies: profile.executions },
    mood: { lag: profile.replicas, emptyList: profile.replicas, garbage: profile.calls },
    ec2: { noSpot: profile.replicas, noCapacity: profile.calls },
    microVms: {
      noCapacity: profile.replicas,
      neverRuns: profile.crashes,
      listLies: profile.replicas,
      // Room for one of each size, now and then.
      ...(dice.chance(0.3) ? { memoryQuotaMiB: 3 * 1024 } : {}),
    },
    crashes: profile.crashes,
    crashesAtHandOut: profile.crashes / 2,
    gitLab: { acknowledgement },
    faults: () => (dice.chance(profile.calls) ? dice.pick(FAULTS) : undefined),
  });
  const { now } = world.timeline;
  world.mood.outages = outages.map(([from, length]) => [now + from * 1000, now + (from + length) * 1000]);
  return world;
};

/** Faults occur only in these first seconds. */
const FAULTY_SECONDS = 900;
const SPOT_KILLS_EVERY = 60;
const LOOKS_EVERY = 5;

export const addJobs = (world: Simulation, { jobRuns }: RandomScenario): void => {
  for (const [index, { at, cancelledAfter, runs, ...job }] of jobRuns.entries()) {
    // By its position, not by the dice: what was found before stays what it was.
    const ref = index % 3 === 2 ? { ref: "feature" } : {};
    world.after(at, () => {
      const added = world.addJob({ ...job, ...ref, seconds: runs });
      if (cancelledAfter !== undefined) world.after(cancelledAfter, () => world.gitLab.cancel(added));
    });
  }
};

export const killSpot = (world: Simulation, { faultProfile: { spotKills } }: RandomScenario): void => {
  const dice = world.random.fork("spot");
  for (let at = SPOT_KILLS_EVERY; at < FAULTY_SECONDS; at += SPOT_KILLS_EVERY) {
    world.after(at, () => {
      for (const instance of world.ec2.instances.values()) {
        if (isLive(instance) && dice.chance(spotKills))
          world.providers.spotKill(instance, dice.chance(0.5) ? 120_000 : 0);
      }
    });
  }
};

/** Every job must be met and nothing left so many seconds after the last fault: a lost job's time-out is 600 s. */
const SETTLES_WITHIN = 2 * 3_600;

export const isWaiting = (left: string): boolean => /^job \d+ is pending$/.test(left);

/** The ledger shows that no further attempt follows for the job. */
const isGivenUp = ({ table }: Simulation, jobId: number): boolean => {
  const last = table.attempts.get(jobId)?.at(-1);
  return last !== undefined && isUsedUp(last, table.runners.get(last.runnerId ?? 0));
};

/** Whether the jobs that no runner will run were reported: each one is given up, and its failure was counted. */
export const areReported = (world: Simulation, left: readonly string[]): boolean => {
  const waiting = left.filter(isWaiting).map((one) => Number(/\d+/.exec(one)?.[0]));
  return waiting.every((jobId) => isGivenUp(world, jobId) && world.reported.has(jobId));
};

/** Checks every few seconds whether each job can have a runner of its own (I-1). */
export const watchDemand = (world: Simulation): void => {
  for (let at = 0; at < FAULTY_SECONDS; at += LOOKS_EVERY) world.after(at, () => world.checks.checkDemand());
};

/** Runs a scenario to its end. @returns what is wrong; empty when nothing is */
export const playRandom = async (
  scenario: RandomScenario,
  watch: (world: Simulation) => void = () => {},
): Promise<string[]> => {
  const world = worldOf(scenario);
  watch(world);
  addJobs(world, scenario);
  killSpot(world, scenario);
  await world.run(FAULTY_SECONDS);
  world.calm();
  await world.settle(SETTLES_WITHIN, (left) => left.every(isWaiting) && areReported(world, left));
  const wrong = world.verdict();
  return areReported(world, wrong) ? wrong.filter((one) => !isWaiting(one)) : wrong;
};
