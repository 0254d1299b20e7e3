import { TransientError } from "../../../Core/errors";
import { LAMBDA } from "../../../Core/ledger/keys";
import type { OrderedAttempt, StartedRunner } from "../../../Core/model/ledger";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import type { MonthlyBudget } from "../../../Core/usage/budget";
import { LAUNCH_RATE_RECORDS, type LaunchRate } from "../launch-rate/launch-rate";
import { STACK } from "../ports";
import { type FakeLedger, fakeLedger } from "../testing/fakes/fake-ledger";
import { fakeMappings } from "../testing/fakes/fake-mappings";
import { aClass, aJob, anAttempt, anOrder, aRunner, aSnapshot, NOW } from "../testing/fakes/items";
import { routing } from "../testing/fakes/test-system";
import { type DispatchDependencies, dispatchQueued } from "./dispatch-queued";
import { indexOf } from "./find/pending";
import { type PassFailure, parts } from "./parts";
import type { Snapshot } from "./snapshot";

const MINUTE = 60_000;

const waiting = (
  jobId: number,
  patch: Partial<OrderedAttempt> = {},
  order: Partial<RunnerOrder> = {},
): OrderedAttempt =>
  anAttempt({
    jobId,
    state: "WAITING",
    waitingFor: "slot",
    order: anOrder({ jobId, queuedAt: NOW - jobId, ...order }),
    times: { WAITING: NOW - MINUTE },
    ...patch,
  });

const onLambda = (jobId: number, patch: Partial<OrderedAttempt> = {}): OrderedAttempt =>
  waiting(
    jobId,
    { classKey: "LAMBDA#default", ...patch },
    { runnerClass: aClass({ type: "LAMBDA", maxRunners: 3 }) },
  );

/** A runner that EC2 refused for the number of calls, with its job's attempt. */
const refused = (jobId: number, patch: Partial<StartedRunner> = {}): [StartedRunner, OrderedAttempt] => {
  const { resourceId: _, ...runner } = aRunner({ runnerId: 9000 + jobId, jobId, heldBy: "rate", ...patch });
  const times = { CREATED: NOW - 5 * MINUTE };
  return [runner, anAttempt({ jobId, state: "CREATED", runnerId: 9000 + jobId, times })];
};

interface Setting {
  readonly ledger?: FakeLedger;
  readonly stack?: number;
  readonly ofClass?: number;
  readonly startsAreOn?: boolean;
  readonly maxRunnersPerProject?: number;
  readonly budgets?: readonly MonthlyBudget[];
  /** Ports that do something else. */
  readonly ports?: Partial<DispatchDependencies>;
  /** What the parts of the pass say that failed. */
  readonly failures?: PassFailure[];
}

/** The jobs that are dispatched, in order. */
const jobsDispatched = async (
  seen: Snapshot,
  {
    ledger = fakeLedger(),
    stack = 100,
    ofClass = 10,
    startsAreOn = true,
    ports = {},
    failures = [],
    ...patch
  }: Setting = {},
): Promise<readonly number[]> => {
  const system = {
    ledger,
    settings: { startsAreOn: async () => startsAreOn } as never,
    mappings: fakeMappings(),
    ...ports,
  };
  const settings = { ...routing(stack, ofClass, {}), ...patch };
  const limited = {
    ...settings,
    defaults: { ...settings.defaults, LAMBDA: { ...settings.defaults.LAMBDA, maxRunners: 3 } },
  };
  const discrepancies = await dispatchQueued(system, seen, indexOf(seen), limited, parts(failures));
  return discrepancies.map(({ dispatches }) => dispatches?.jobId ?? 0);
};

const taking = async (ledger: FakeLedger, scope: string, count: number): Promise<FakeLedger> => {
  for (let shard = 0; shard < count; shard += 1) {
    expect(await ledger.commit([{ take: { scope, shard, limit: 1 } }])).toBe(true);
  }
  return ledger;
};

const withLaunchRate = async (patch: Partial<LaunchRate>): Promise<FakeLedger> => {
  const ledger = fakeLedger();
  const value = { since: NOW - MINUTE, lastRefusedAt: NOW, perSecond: 1, refused: 1, ...patch };
  await ledger.commit([{ stateRecord: { name: LAUNCH_RATE_RECORDS.EC2, version: 1, value } }]);
  return ledger;
};

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("the queue", () => {
  it("dispatches the oldest first", async () => {
    expect(await jobsDispatched(aSnapshot({ waiting: [waiting(1), waiting(3), waiting(2)] }))).toEqual([
      3, 2, 1,
    ]);
  });

  it("I-22: dispatches as many as the stack has slots", async () => {
    const ledger = await taking(fakeLedger(), STACK, 2);
    expect(
      await jobsDispatched(aSnapshot({ waiting: range(5).map((id) => waiting(id)) }), { ledger, stack: 4 }),
    ).toEqual([5, 4]);
  });

  it("I-22: dispatches as many as their class has slots, and jobs of other classes behind them", async () => {
    const ledger = await taking(fakeLedger(), "LAMBDA#default", 2);
    const queue = [onLambda(5), onLambda(4), waiting(3)];
    expect(await jobsDispatched(aSnapshot({ waiting: queue }), { ledger })).toEqual([5, 3]);
  });

  it("I-22: dispatches as many of a project as it has slots, and others past it", async () => {
    const ledger = await taking(fakeLedger(), "project#1", 1);
    const queue = [5, 4, 3].map((id) => waiting(id)).concat(waiting(2, {}, { projectId: 2 }));
    const seen = aSnapshot({ waiting: queue });
    expect(await jobsDispatched(seen, { ledger, maxRunnersPerProject: 2 })).toEqual([5, 2]);
  });

  it("F-77 I-22: dispatches as many Lambda jobs as the account allows, and jobs on EC2 past them", async () => {
    const ledger = await taking(fakeLedger(), LAMBDA, 1);
    await ledger.commit([{ slotLimit: { scope: STACK, limit: 2 } }]);
    const queue = [onLambda(5), onLambda(4), waiting(3)];
    expect(await jobsDispatched(aSnapshot({ waiting: queue }), { ledger })).toEqual([5, 3]);
  });

  it("goes by the limits of now, not by those of the last look-up", async () => {
    const queue = range(4).map((id) => waiting(id, {}, { runnerClass: aClass({ maxRunners: 1 }) }));
    expect(await jobsDispatched(aSnapshot({ waiting: queue }), { ofClass: 3 })).toHaveLength(3);
  });

  it("serves the projects round robin, and in a project goes by the priority of the class", async () => {
    const first = aClass({ name: "first", priority: 1 });
    const queue = [
      ...[9, 8, 7].map((id) => waiting(id)),
      waiting(6, { classKey: "EC2#first" }, { runnerClass: first }),
      ...[5, 4].map((id) => waiting(id, {}, { projectId: 2 })),
    ];
    const queued = [2, 1].map((projectId) => ({
      projectId,
      version: 1,
      rotation: 0,
      queues: [],
      joinedAt: 0,
    }));
    expect(await jobsDispatched(aSnapshot({ waiting: queue, queued }))).toEqual([5, 6, 4, 9, 8, 7]);
  });

  it("keeps the slot of a job whose event is under way", async () => {
    const queue = [waiting(2, { dispatchedAt: NOW - 1_000 }), waiting(1)];
    expect(await jobsDispatched(aSnapshot({ waiting: queue }), { stack: 1 })).toEqual([]);
    expect(await jobsDispatched(aSnapshot({ waiting: queue }), { stack: 2 })).toEqual([1]);
  });

  it("skips jobs that run, and jobs that a complete list lacks", async () => {
    const jobs = new Map([
      [1, aJob({ id: 1, status: "running" })],
      [2, aJob({ id: 2 })],
    ]);
    const queue = [waiting(1), waiting(2), waiting(3), waiting(4, {}, { projectId: 2 })];
    const seen = aSnapshot({ waiting: queue, jobs, listed: new Set([1]) });
    expect(await jobsDispatched(seen)).toEqual([4, 2]);
  });

  describe("I-24: what cannot be read", () => {
    const NO_READ = () => Promise.reject(new TransientError("no read"));
    const ofProjects = range(50).map((id) => waiting(id, {}, { projectId: id }));
    const failing = (scope: string): FakeLedger => {
      const ledger = fakeLedger();
      return { ...ledger, slots: (asked) => (asked === scope ? NO_READ() : ledger.slots(asked)) };
    };

    it("of one project's counters holds back that project alone, and is named", async () => {
      const setting = { ledger: failing("project#7"), ofClass: 100, maxRunnersPerProject: 2, failures: [] };
      const dispatched = await jobsDispatched(aSnapshot({ waiting: ofProjects }), setting);
      expect([...dispatched].sort((one, other) => one - other)).toEqual(range(50).filter((id) => id !== 7));
      expect(setting.failures).toEqual([
        { part: "queue", what: "project#7", error: "TransientError no read" },
      ]);
    });

    it("of one class's counters holds back that class alone", async () => {
      const queue = [onLambda(3), onLambda(2), waiting(1)];
      expect(
        await jobsDispatched(aSnapshot({ waiting: queue }), { ledger: failing("LAMBDA#default") }),
      ).toEqual([1]);
    });

    it("of a class's row leaves the limit that its jobs know", async () => {
      const named = aClass({ name: "named", maxRunners: 1 });
      const queue = [3, 2].map((id) => waiting(id, { classKey: "EC2#named" }, { runnerClass: named }));
      const ports = { mappings: { ...fakeMappings(), rows: NO_READ } };
      const seen = aSnapshot({ waiting: [...queue, waiting(1)] });
      expect(await jobsDispatched(seen, { ports })).toEqual([3, 1]);
    });

    it("of the budgets holds back those that wait for theirs", async () => {
      const ledger = { ...fakeLedger(), stateRecord: NO_READ };
      const seen = aSnapshot({ waiting: [onLambda(3, { waitingFor: "budget" }), onLambda(2)] });
      expect(await jobsDispatched(seen, { ledger, budgets: [{ project: 1, usd: 5, hold: true }] })).toEqual([
        2,
      ]);
    });

    it("of the launch rate holds back the jobs on EC2", async () => {
      const ledger = { ...fakeLedger(), stateRecord: NO_READ };
      expect(await jobsDispatched(aSnapshot({ waiting: [waiting(2), onLambda(1)] }), { ledger })).toEqual([
        1,
      ]);
    });

    it("of the switch for starts leaves the runners that exist", async () => {
      const [runner, attempt] = refused(1);
      const seen = aSnapshot({ runners: [runner], attempts: [attempt], waiting: [waiting(2)] });
      expect(await jobsDispatched(seen, { ports: { settings: { startsAreOn: NO_READ } } })).toEqual([1]);
    });

    it("and a launch rate that cannot be stored keep nobody", async () => {
      const ledger = await withLaunchRate({});
      expect(
        await jobsDispatched(aSnapshot({ waiting: [waiting(1)] }), {
          ledger: { ...ledger, commit: NO_READ },
        }),
      ).toEqual([1]);
    });
  });

  it("F-57: dispatches nothing while new starts are off", async () => {
    expect(await jobsDispatched(aSnapshot({ waiting: [waiting(1)] }), { startsAreOn: false })).toEqual([]);
  });
});

describe("EC2's launch rate", () => {
  /** At one a second there are six reservations at once: one now, five within the time-out of a start. */
  const TURNS = 6;

  it("F-33: dispatches as many jobs on EC2 as find a reservation, and all on Lambda", async () => {
    const queue = [...range(8).map((id) => waiting(id, { waitingFor: "launch-rate" })), onLambda(9)];
    const ledger = await withLaunchRate({});
    expect(await jobsDispatched(aSnapshot({ waiting: queue }), { ledger })).toEqual([9, 8, 7, 6, 5, 4, 3]);
  });

  it("dispatches all when no job waits for EC2", async () => {
    expect(await jobsDispatched(aSnapshot({ waiting: range(10).map((id) => waiting(id)) }))).toHaveLength(10);
  });

  it("limits a queue for EC2 by the reservations also when there is no launch rate", async () => {
    const queue = range(400).map((id) =>
      waiting(id, { waitingFor: "launch-rate" }, { runnerClass: aClass({ maxRunners: 1_000 }) }),
    );
    expect(
      await jobsDispatched(aSnapshot({ waiting: queue }), { stack: 1_000, ofClass: 1_000 }),
    ).toHaveLength(300);
  });

  it("dispatches refused runners before jobs without one, whether starts are on or off", async () => {
    const pairs = [refused(1), refused(2)];
    const seen = aSnapshot({
      runners: pairs.map(([runner]) => runner),
      attempts: pairs.map(([, attempt]) => attempt),
      waiting: [waiting(3, { waitingFor: "launch-rate" })],
    });
    expect(await jobsDispatched(seen, { ledger: await withLaunchRate({}) })).toEqual([1, 2, 3]);
    expect(await jobsDispatched(seen, { startsAreOn: false })).toEqual([1, 2]);
  });

  it("F-33: counts refused runners against the reservations", async () => {
    const pairs = range(TURNS + 2).map((id) => refused(id));
    const seen = aSnapshot({
      runners: pairs.map(([runner]) => runner),
      attempts: pairs.map(([, attempt]) => attempt),
    });
    expect(await jobsDispatched(seen, { ledger: await withLaunchRate({}) })).toEqual(range(TURNS));
  });

  it.each<[string, Partial<StartedRunner>]>([
    ["has an instance", { resourceId: "i-1" }],
    ["is ending", { state: "ENDING" }],
    ["was refused for another reason", { heldBy: "capacity" }],
    ["is on Lambda", { provider: "LAMBDA" }],
    ["is being launched", { lease: { kind: "start", holder: "1", until: NOW + 1 } }],
  ])("leaves a runner alone that %s", async (_, patch) => {
    const [runner, attempt] = refused(1);
    const seen = aSnapshot({ runners: [{ ...runner, ...patch }], attempts: [attempt] });
    expect(await jobsDispatched(seen)).toEqual([]);
  });

  it("gives a refused runner time", async () => {
    const [runner, attempt] = refused(1);
    const dispatched = { ...attempt, dispatchedAt: NOW - 1_000 };
    expect(await jobsDispatched(aSnapshot({ runners: [runner], attempts: [dispatched] }))).toEqual([]);
  });

  it("is updated by every pass, and ends when no job is held", async () => {
    const ledger = await withLaunchRate({});
    await jobsDispatched(aSnapshot(), { ledger });
    expect(await ledger.stateRecord(LAUNCH_RATE_RECORDS.EC2)).toMatchObject({
      version: 2,
      value: { refused: 0 },
    });
    await jobsDispatched(aSnapshot({ now: NOW + MINUTE }), { ledger });
    expect(await ledger.stateRecord(LAUNCH_RATE_RECORDS.EC2)).toMatchObject({ version: 3, value: null });
  });

  /** At one a second those of one second, and of the five for which a start waits. */
  const AT_ONCE = 6;
  const held = (count: number, patch: Partial<Snapshot> = {}): Snapshot =>
    aSnapshot({
      now: NOW + 10 * MINUTE,
      waiting: Array.from({ length: count }, (_, index) => waiting(index + 1, { waitingFor: "launch-rate" })),
      ...patch,
    });
  const [heldRunner, heldAttempt] = refused(100);

  it.each([
    ["more jobs are held than it serves at once", held(AT_ONCE + 1)],
    ["a runner is held", held(0, { runners: [heldRunner], attempts: [heldAttempt] })],
    ["a queue could not be read", held(0, { unreadQueues: new Set([1]) })],
  ])("continues while %s", async (_, seen) => {
    const ledger = await withLaunchRate({});
    await jobsDispatched(seen, { ledger });
    expect((await ledger.stateRecord(LAUNCH_RATE_RECORDS.EC2))?.value).not.toBeNull();
  });

  it("F-33: ends where it serves at once all that are held, and dispatches them", async () => {
    const ledger = await withLaunchRate({});
    expect(await jobsDispatched(held(AT_ONCE), { ledger })).toHaveLength(AT_ONCE);
    expect((await ledger.stateRecord(LAUNCH_RATE_RECORDS.EC2))?.value).toBeNull();
  });
});
