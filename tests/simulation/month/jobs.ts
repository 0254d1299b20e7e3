import { storePickUp } from "../../../AutoScaler/src/pickup/store-pick-up";
import { storeLaunch } from "../../../AutoScaler/src/start/store-launch";
import { toEnding } from "../../../AutoScaler/src/stop/store-end";
import { storeGone } from "../../../AutoScaler/src/stop/store-terminated";
import type { FakeClock, FakeLedger } from "../../../AutoScaler/src/testing/fakes";
import { aClass, anAttempt, anOrder, aRunner } from "../../../AutoScaler/src/testing/fakes/items";
import type { StartedRunner, Time } from "../../../Core/model/ledger";
import type { RunnerEndCode } from "../../../Core/model/reasons";
import { classKey, type Provider } from "../../../Core/model/runner-class";
import type { Random } from "../world/random";
import { launchFee, MARKETS, type MonthAws, type MonthMarket, type MonthResource } from "./aws";
import { repeated } from "./ledger-faults";

/** The jobs of a simulated month, each taken through the shipped rules from its launch to its runner's end. */

export interface MonthParts {
  readonly ledger: FakeLedger;
  /** The same, without faults. */
  readonly store: FakeLedger;
  readonly clock: FakeClock;
  readonly aws: MonthAws;
  readonly dice: Random;
}

export const PROJECTS = 12;
const NAMES = 40;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const at = ({ clock }: MonthParts, time: Time): void => clock.advance(time - clock.now());

const metric = (): void => undefined;

/** A job with its runner, launched. */
interface Started {
  readonly jobId: number;
  readonly projectId: number;
  readonly runnerId: number;
  readonly resource: MonthResource;
}

const CLASSES: Readonly<Record<MonthMarket, readonly string[]>> = {
  "on-demand": ["default", "big"],
  spot: ["default", "big"],
  lambda: ["default"],
  microvm: ["default", "big"],
};

const PROVIDERS: Readonly<Record<MonthMarket, Provider>> = {
  "on-demand": "EC2",
  spot: "EC2",
  lambda: "LAMBDA",
  microvm: "MICROVM",
};

/** Whole seconds, a minute at least. */
const seconds = (dice: Random, least: number, most: number): number =>
  Math.round(dice.between(least, most) / 1_000) * 1_000;

/** Project, name and class of a job; the two of an exchange have the same project and class. */
interface Kind {
  readonly projectId: number;
  readonly market: MonthMarket;
  readonly name: string;
  readonly className: string;
}

const anyKind = (dice: Random): Kind => {
  const market = dice.pick(MARKETS);
  return {
    projectId: 1 + dice.below(PROJECTS),
    market,
    name: `job ${dice.below(NAMES)} ${1 + dice.below(3)}/3`,
    className: dice.pick(CLASSES[market]),
  };
};

const start = async (parts: MonthParts, jobId: number, kind: Kind, time: Time): Promise<Started> => {
  const { store, clock, aws, dice } = parts;
  at(parts, time);
  const { projectId, market } = kind;
  const type = PROVIDERS[market];
  const runnerClass = aClass({ name: kind.className, type });
  const order = anOrder({ jobId, projectId, jobName: kind.name, runnerClass });
  const runnerId = 1_000_000 + jobId;
  const shared = { jobId, order, classKey: classKey(runnerClass), times: { CREATED: time, STARTING: time } };
  const { resourceId: _, ...made } = aRunner({
    ...shared,
    runnerId,
    provider: type,
    launchedFor: { jobId, attempt: 1 },
    slot: { stackShard: jobId % 16, classShard: 0 },
  });
  const runner: StartedRunner = made;
  const attempt = anAttempt({ ...shared, state: "CREATED", runnerId, times: { CREATED: time } });
  for (const scope of ["stack", shared.classKey])
    for (const shard of scope === "stack" ? [jobId % 16] : [0])
      await store.commit([{ take: { scope, shard, limit: 1_000_000 } }]);
  await store.commit([{ put: runner }, { put: attempt }]);
  const resource = aws.launch(market, projectId, clock.now(), dice.next());
  await repeated(dice, () =>
    storeLaunch(
      parts,
      { runner, attempt },
      {
        kind: "launched",
        resourceId: resource.id,
        pricePerHour: resource.perHour,
        pricePerRequest: launchFee(market),
        ...(market === "spot" || market === "on-demand" ? { market } : {}),
      },
    ),
  );
  return { jobId, projectId, runnerId, resource };
};

/** GitLab gave the job to a runner: its own, or another one. */
const pickUp = async (parts: MonthParts, job: Started, taker: Started): Promise<void> => {
  taker.resource.ranJob = true;
  const { jobId: id, projectId } = job;
  const dependencies = { ...parts, metric };
  await repeated(parts.dice, () =>
    storePickUp(dependencies, { id, projectId }, taker.runnerId, parts.clock.now()),
  );
};

/** The runner is ended, as "Unregister runner" and "Terminate instance" store it. */
const end = async (parts: MonthParts, { runnerId, resource }: Started, time: Time, reason: RunnerEndCode) => {
  const { ledger, clock, dice, aws } = parts;
  at(parts, time);
  const lease = { kind: "end", holder: `${runnerId}`, until: time + MINUTE } as const;
  const dependencies = { ledger, clock, metric, deploymentId: "month" };
  const order = { runnerId, reason, isDead: true };
  await repeated(dice, () => toEnding(dependencies, order, lease));
  aws.end(resource.id, clock.now());
  await repeated(dice, () => storeGone(dependencies, runnerId, { recordDeleted: dice.chance(0.9) }));
  await repeated(dice, () => storeGone(dependencies, runnerId, { recordDeleted: true }));
};

type Fate = (parts: MonthParts, jobId: number, time: Time) => Promise<void>;

const runs: Fate = async (parts, jobId, time) => {
  const job = await start(parts, jobId, anyKind(parts.dice), time);
  at(parts, time + seconds(parts.dice, 1_000, MINUTE));
  await pickUp(parts, job, job);
  await end(parts, job, parts.clock.now() + seconds(parts.dice, MINUTE, HOUR), "job-ended");
};

/** A runner that never had its job, for one of the reasons that there are. */
const wasted =
  (reason: RunnerEndCode): Fate =>
  async (parts, jobId, time) => {
    const job = await start(parts, jobId, anyKind(parts.dice), time);
    await end(parts, job, time + seconds(parts.dice, MINUTE, 5 * MINUTE), reason);
  };

/** Each of two jobs runs on the other's runner. */
const exchange: Fate = async (parts, jobId, time) => {
  const kind = anyKind(parts.dice);
  const one = await start(parts, jobId, kind, time);
  const other = await start(parts, jobId + 1, { ...kind, name: "other" }, time);
  at(parts, time + MINUTE);
  await pickUp(parts, one, other);
  await pickUp(parts, other, one);
  const [first, second] = [seconds(parts.dice, MINUTE, HOUR), seconds(parts.dice, MINUTE, HOUR)].sort(
    (a, b) => a - b,
  );
  await end(parts, other, time + MINUTE + (first ?? 0), "job-ended");
  await end(parts, one, time + MINUTE + (second ?? 0), "job-ended");
};

/** Job ids that a fate uses. */
export const IDS_A_FATE = 2;

const RARE: readonly Fate[] = [
  wasted("no-job"),
  wasted("never-contacted"),
  wasted("instance-terminated"),
  wasted("no-longer-needed"),
  wasted("job-canceled-before-pick-up"),
  exchange,
  exchange,
];

/** Most jobs run; a tenth have one of the other fates. */
export const playJob = (parts: MonthParts, jobId: number, time: Time): Promise<void> =>
  (parts.dice.chance(0.1) ? parts.dice.pick(RARE) : runs)(parts, jobId, time);
