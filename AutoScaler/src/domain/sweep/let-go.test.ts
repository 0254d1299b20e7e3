import type { OrderedAttempt, StartedRunner } from "../../../../Core/ledger";
import type { RunnerOrder } from "../../../../Core/runner-order";
import { type FakeLedger, fakeLedger } from "../fakes/fake-ledger";
import { aClass, aJob, aLook, anAttempt, anOrder, aRunner, NOW } from "../fakes/items";
import { PACE_NOTE, type Pace } from "../pace";
import { STACK } from "../ports";
import { indexOf } from "./find-pending";
import { letGo } from "./let-go";
import type { Snapshot } from "./look";

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
  readonly startsAreOn?: boolean;
}

/** The jobs that are let go, in order. */
const jobsLetGo = async (
  seen: Snapshot,
  { ledger = fakeLedger(), stack = 100, startsAreOn = true }: Setting = {},
): Promise<readonly number[]> => {
  const world = {
    ledger,
    settings: { startsAreOn: async () => startsAreOn } as never,
    caps: { stack, ofClass: ({ maxRunners }: { maxRunners: number }) => maxRunners },
  };
  const findings = await letGo(world, seen, indexOf(seen));
  return findings.map(({ wakes }) => wakes?.jobId ?? 0);
};

const taking = async (ledger: FakeLedger, scope: string, count: number): Promise<FakeLedger> => {
  for (let shard = 0; shard < count; shard += 1) {
    expect(await ledger.commit([{ take: { scope, shard, limit: 1 } }])).toBe(true);
  }
  return ledger;
};

const withPace = async (patch: Partial<Pace>): Promise<FakeLedger> => {
  const ledger = fakeLedger();
  const value = { since: NOW - MINUTE, lastRefusedAt: NOW, perSecond: 1, refused: 1, ...patch };
  await ledger.commit([{ note: { name: PACE_NOTE, version: 1, value } }]);
  return ledger;
};

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("the line", () => {
  it("lets the oldest go first", async () => {
    expect(await jobsLetGo(aLook({ waiting: [waiting(1), waiting(3), waiting(2)] }))).toEqual([3, 2, 1]);
  });

  it("I-22: lets as many go as the stack has places", async () => {
    const ledger = await taking(fakeLedger(), STACK, 2);
    expect(
      await jobsLetGo(aLook({ waiting: range(5).map((id) => waiting(id)) }), { ledger, stack: 4 }),
    ).toEqual([5, 4]);
  });

  it("I-22: lets as many go as their class has places, and others past them", async () => {
    const ledger = await taking(fakeLedger(), "LAMBDA#default", 2);
    const line = [onLambda(5), onLambda(4), waiting(3)];
    expect(await jobsLetGo(aLook({ waiting: line }), { ledger })).toEqual([5, 3]);
  });

  it("gives the place of one whose event is under way to nobody else", async () => {
    const line = [waiting(2, { wokenAt: NOW - 1_000 }), waiting(1)];
    expect(await jobsLetGo(aLook({ waiting: line }), { stack: 1 })).toEqual([]);
    expect(await jobsLetGo(aLook({ waiting: line }), { stack: 2 })).toEqual([1]);
  });

  it("leaves out who runs, and who is in no list that is whole", async () => {
    const jobs = new Map([
      [1, aJob({ id: 1, status: "running" })],
      [2, aJob({ id: 2 })],
    ]);
    const line = [waiting(1), waiting(2), waiting(3), waiting(4, {}, { projectId: 2 })];
    const seen = aLook({ waiting: line, jobs, listed: new Set([1]) });
    expect(await jobsLetGo(seen)).toEqual([4, 2]);
  });

  it("F-57: stays while new starts are off", async () => {
    expect(await jobsLetGo(aLook({ waiting: [waiting(1)] }), { startsAreOn: false })).toEqual([]);
  });
});

describe("EC2's pace", () => {
  /** One a second finds six turns at once: one for the moment, five within the patience of a start. */
  const TURNS = 6;

  it("F-33: lets as many jobs go on EC2 as find a turn, and all on Lambda", async () => {
    const line = [...range(8).map((id) => waiting(id, { waitingFor: "launch-rate" })), onLambda(9)];
    const ledger = await withPace({});
    expect(await jobsLetGo(aLook({ waiting: line }), { ledger })).toEqual([9, 8, 7, 6, 5, 4, 3]);
  });

  it("lets all go where nobody waits for EC2", async () => {
    expect(await jobsLetGo(aLook({ waiting: range(10).map((id) => waiting(id)) }))).toHaveLength(10);
  });

  it("holds a line for EC2 to the turns of no pace, too", async () => {
    const line = range(400).map((id) =>
      waiting(id, { waitingFor: "launch-rate" }, { runnerClass: aClass({ maxRunners: 1_000 }) }),
    );
    expect(await jobsLetGo(aLook({ waiting: line }), { stack: 1_000 })).toHaveLength(300);
  });

  it("lets refused runners go before jobs without one, whether starts are on or off", async () => {
    const pairs = [refused(1), refused(2)];
    const seen = aLook({
      runners: pairs.map(([runner]) => runner),
      attempts: pairs.map(([, attempt]) => attempt),
      waiting: [waiting(3, { waitingFor: "launch-rate" })],
    });
    expect(await jobsLetGo(seen, { ledger: await withPace({}) })).toEqual([1, 2, 3]);
    expect(await jobsLetGo(seen, { startsAreOn: false })).toEqual([1, 2]);
  });

  it("F-33: counts refused runners against the turns", async () => {
    const pairs = range(TURNS + 2).map((id) => refused(id));
    const seen = aLook({
      runners: pairs.map(([runner]) => runner),
      attempts: pairs.map(([, attempt]) => attempt),
    });
    expect(await jobsLetGo(seen, { ledger: await withPace({}) })).toEqual(range(TURNS));
  });

  it.each<[string, Partial<StartedRunner>]>([
    ["has an instance", { resourceId: "i-1" }],
    ["is ending", { state: "ENDING" }],
    ["was refused for another reason", { heldBy: "capacity" }],
    ["is on Lambda", { carrier: "LAMBDA" }],
    ["is being launched", { lease: { kind: "start", holder: "1", until: NOW + 1 } }],
  ])("leaves a runner alone that %s", async (_, patch) => {
    const [runner, attempt] = refused(1);
    const seen = aLook({ runners: [{ ...runner, ...patch }], attempts: [attempt] });
    expect(await jobsLetGo(seen)).toEqual([]);
  });

  it("gives a refused runner time", async () => {
    const [runner, attempt] = refused(1);
    const woken = { ...attempt, wokenAt: NOW - 1_000 };
    expect(await jobsLetGo(aLook({ runners: [runner], attempts: [woken] }))).toEqual([]);
  });

  it("is looked over by every sweep, and over when nobody is held", async () => {
    const ledger = await withPace({});
    await jobsLetGo(aLook(), { ledger });
    expect(await ledger.note(PACE_NOTE)).toMatchObject({ version: 2, value: { refused: 0 } });
    await jobsLetGo(aLook({ now: NOW + MINUTE }), { ledger });
    expect(await ledger.note(PACE_NOTE)).toMatchObject({ version: 3, value: null });
  });

  it("goes on while a job or a runner is held", async () => {
    const [runner, attempt] = refused(1);
    const now = NOW + 10 * MINUTE;
    for (const held of [
      { waiting: [waiting(1, { waitingFor: "launch-rate" })] },
      { runners: [runner], attempts: [attempt] },
    ]) {
      const ledger = await withPace({});
      await jobsLetGo(aLook({ now, ...held }), { ledger });
      expect((await ledger.note(PACE_NOTE))?.value).not.toBeNull();
    }
  });
});
