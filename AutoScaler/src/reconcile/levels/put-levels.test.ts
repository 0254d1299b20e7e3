import type { Slot } from "../../../../Core/model/ledger";
import { type FakeLedger, fakeLedger } from "../../testing/fakes/fake-ledger";
import { fakeMetrics } from "../../testing/fakes/fake-metrics";
import {
  aClass,
  anAttempt,
  anOrder,
  anOrphanRecord,
  aRunner,
  aSnapshot,
  NOW,
} from "../../testing/fakes/items";
import type { Snapshot } from "../snapshot";
import { putLevels } from "./put-levels";

const SLOT: Slot = { stackShard: 0, classShard: 0 };

/** The metrics of a pass that saw this, as `[name, value, dimensions]`. */
const levels = async (seen: Partial<Snapshot>, maxRunners = 10, ledger: FakeLedger = fakeLedger()) => {
  const metrics = fakeMetrics();
  await putLevels({ ledger, metric: metrics.metric }, aSnapshot(seen), { maxRunners });
  return metrics.recorded.map(({ name, value, dimensions }) => [name, value, dimensions]);
};

const lambdaRunner = (runnerId: number, slot?: Slot) =>
  aRunner({
    runnerId,
    provider: "LAMBDA",
    classKey: "LAMBDA#default",
    order: anOrder({ runnerClass: aClass({ type: "LAMBDA", maxRunners: 8 }) }),
    ...(slot && { slot }),
  });

describe("the levels of a pass", () => {
  it("are none where there is nothing: each metric costs money while it is sent", async () => {
    const ledger = fakeLedger();
    const slots = jest.spyOn(ledger, "slots");
    expect(await levels({}, 10, ledger)).toEqual([]);
    expect(await levels({ runners: [aRunner({ state: "GONE" })] }, 10, ledger)).toEqual([]);
    expect(slots).not.toHaveBeenCalled();
  });

  it("count open runners by provider and state, under both together", async () => {
    const metrics = fakeMetrics();
    const counted: unknown[] = [];
    const metric: typeof metrics.metric = (name, value, dimensions, how) =>
      counted.push([name, value, dimensions, how]) > 0;
    const runners = [
      aRunner(),
      aRunner({ runnerId: 2, state: "BUSY" }),
      aRunner({ runnerId: 3, state: "BUSY" }),
      lambdaRunner(4),
      anOrphanRecord({ runnerId: 5, state: "ENDING" }),
    ];
    await putLevels({ ledger: fakeLedger(), metric }, aSnapshot({ runners }), { maxRunners: 10 });
    expect(counted).toEqual([
      ["RunnersOpen", 1, { provider: "EC2", state: "STARTING" }, "together"],
      ["RunnersOpen", 2, { provider: "EC2", state: "BUSY" }, "together"],
      ["RunnersOpen", 1, { provider: "LAMBDA", state: "STARTING" }, "together"],
      ["RunnersOpen", 1, { provider: "unknown", state: "ENDING" }, "together"],
    ]);
  });

  it("I-22: say how much of the stack's and of each class's limit is taken, by runners and by claims", async () => {
    const attempts = [anAttempt({ state: "CLAIMED", slot: SLOT }), anAttempt({ jobId: 8 })];
    const runners = [aRunner({ slot: SLOT }), lambdaRunner(2, SLOT)];
    const used = (await levels({ attempts, runners }, 12)).filter(([name]) => name === "LimitUsedPercent");
    expect(used).toEqual([
      ["LimitUsedPercent", 25, { limit: "stack" }],
      ["LimitUsedPercent", 20, { limit: "EC2#default" }],
      ["LimitUsedPercent", 12.5, { limit: "LAMBDA#default" }],
    ]);
  });

  it("F-77: say how much of the account's limit Lambda runners take, where it is the tighter one", async () => {
    const ledger = fakeLedger();
    await ledger.commit([{ slotLimit: { scope: "stack", limit: 5 } }]);
    const runners = [lambdaRunner(1, { ...SLOT, lambdaShard: 0 }), lambdaRunner(2, SLOT)];
    expect(await levels({ runners }, 100, ledger)).toContainEqual([
      "LimitUsedPercent",
      20,
      { limit: "lambda" },
    ]);
  });

  it("I-26: say how many jobs wait and for how long the oldest has, never less than nothing", async () => {
    const since = (time?: number) =>
      anAttempt({ state: "WAITING", times: time === undefined ? {} : { WAITING: time } });
    const waiting = (...times: readonly (number | undefined)[]) => levels({ waiting: times.map(since) });
    expect(await waiting(NOW - 5_000, NOW - 90_000, undefined)).toEqual([
      ["WaitingJobs", 3, {}],
      ["OldestWaitingSeconds", 90, {}],
    ]);
    expect((await waiting(NOW + 5_000))[1]).toEqual(["OldestWaitingSeconds", 0, {}]);
    expect((await waiting(undefined))[1]).toEqual(["OldestWaitingSeconds", 0, {}]);
  });
});
