import fc from "fast-check";
import { FAULTS } from "./world/calls";
import { isLive } from "./world/checks";
import { random } from "./world/random";
import type { Kind } from "./world/stack";
import { Simulation } from "./world/world";

/** One job of a random story. Times in seconds. */
export interface JobRun {
  readonly kind: Kind;
  readonly at: number;
  readonly runs: number;
  readonly fails: boolean;
  readonly isSilent: boolean;
  /** Seconds after its coming at which its user cancels it. */
  readonly cancelledAfter?: number | undefined;
}

/** Shares of all that goes wrong; 0 to 1. */
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
  /** Milliseconds that a clock may be wrong. */
  readonly skew: number;
  /** Seconds from its begin to its end. */
  readonly outage?: readonly [number, number] | undefined;
}

export interface RandomScenario {
  readonly seed: number;
  readonly limit: number;
  /** Of EC2's default class; 600 unless it says otherwise. */
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

const life: fc.Arbitrary<JobRun> = fc.record({
  kind: fc.constantFrom<Kind[]>("ec2", "ec2", "ec2", "lambda", "lambda", "large", "foreign"),
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
    jobRuns: fc.array(life, { minLength: 1, maxLength: 6 }),
    faultProfile: of,
  });

export const worldOf = ({
  seed,
  limit,
  faultProfile: sky,
  lifetimeSeconds = 600,
  acknowledgement = false,
}: RandomScenario): Simulation => {
  const dice = random(seed).fork("faults");
  const outages = sky.outage === undefined ? [] : [sky.outage];
  const world = new Simulation({
    seed,
    stack: { totalLimit: limit, classLimit: limit, ec2LifetimeSeconds: lifetimeSeconds },
    webhooks: {
      lost: sky.webhooksLost,
      twice: sky.webhooksTwice,
      late: sky.webhooksLate,
      relabelled: sky.relabelled,
    },
    bus: { twice: sky.events, late: sky.events, lost: sky.events },
    lambda: { twice: sky.events },
    executions: { skew: sky.skew, throttled: sky.executions, dies: sky.executions },
    mood: { lag: sky.replicas, emptyList: sky.replicas, garbage: sky.calls },
    ec2: { noSpot: sky.replicas, noCapacity: sky.calls },
    crashes: sky.crashes,
    crashesAtHandOut: sky.crashes / 2,
    gitLab: { acknowledgement },
    faults: () => (dice.chance(sky.calls) ? dice.pick(FAULTS) : undefined),
  });
  const { now } = world.timeline;
  world.mood.outages = outages.map(([from, length]) => [now + from * 1000, now + (from + length) * 1000]);
  return world;
};

/** The last fault comes within so many seconds; then the fault profile is fair. */
const STORM = 900;
const SPOT_KILLS_EVERY = 60;
const LOOKS_EVERY = 5;

export const bringJobs = (world: Simulation, { jobRuns }: RandomScenario): void => {
  for (const { at, cancelledAfter, runs, ...job } of jobRuns) {
    world.after(at, () => {
      const added = world.addJob({ ...job, seconds: runs });
      if (cancelledAfter !== undefined) world.after(cancelledAfter, () => world.gitLab.cancel(added));
    });
  }
};

export const killSpot = (world: Simulation, { faultProfile: { spotKills } }: RandomScenario): void => {
  const dice = world.random.fork("spot");
  for (let at = SPOT_KILLS_EVERY; at < STORM; at += SPOT_KILLS_EVERY) {
    world.after(at, () => {
      for (const instance of world.ec2.instances.values()) {
        if (isLive(instance) && dice.chance(spotKills))
          world.providers.spotKill(instance, dice.chance(0.5) ? 120_000 : 0);
      }
    });
  }
};

/** After the storm everything must be met and gone within so many seconds: a lost job's time-out is 600 s. */
const SETTLES_WITHIN = 2 * 3_600;

export const isWaiting = (left: string): boolean => /^job \d+ is pending$/.test(left);

/** Jobs that nobody will run any more have been reported: as many failures as jobs that still wait. */
export const areReported = (world: Simulation, left: readonly string[]): boolean =>
  left.filter(isWaiting).length <= (world.metrics.get("JobsFailed") ?? 0);

/** Looks every few seconds whether each job can have a runner of its own (I-1). */
export const watchDemand = (world: Simulation): void => {
  for (let at = 0; at < STORM; at += LOOKS_EVERY) world.after(at, () => world.checks.checkDemand());
};

/** Plays a story to its end. Empty: all is well. */
export const tell = async (
  told: RandomScenario,
  watch: (world: Simulation) => void = () => {},
): Promise<string[]> => {
  const world = worldOf(told);
  watch(world);
  bringJobs(world, told);
  killSpot(world, told);
  await world.run(STORM);
  world.calm();
  await world.settle(SETTLES_WITHIN, (left) => left.every(isWaiting) && areReported(world, left));
  const wrong = world.verdict();
  return areReported(world, wrong) ? wrong.filter((one) => !isWaiting(one)) : wrong;
};
