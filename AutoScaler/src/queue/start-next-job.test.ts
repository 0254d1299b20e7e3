import { isOrdered, type OrderedAttempt } from "../../../Core/model/ledger";
import { fakeClock, fakeEventBus, fakeLedger } from "../testing/fakes";
import { anAttempt, anOrder, NOW } from "../testing/fakes/items";
import { type Freed, freedLaunch } from "./freed";
import { startNextJob } from "./start-next-job";

const SLOT: Freed = { kind: "slot", classKey: "EC2#default" };

const setUp = async (...waiting: readonly Partial<OrderedAttempt>[]) => {
  const ledger = fakeLedger();
  const bus = fakeEventBus();
  const clock = fakeClock(NOW);
  await ledger.commit([{ stateRecord: { name: "classes", version: 1, value: ["EC2#big", "EC2#default"] } }]);
  for (const [index, patch] of waiting.entries()) {
    const jobId = index + 1;
    const order = anOrder({ jobId, queuedAt: NOW + index });
    await ledger.commit([
      { put: anAttempt({ jobId, order, state: "WAITING", waitingFor: "slot", ...patch }) },
    ]);
  }
  return { ledger, bus, clock, next: (freed: Freed = SLOT) => startNextJob({ ledger, bus, clock }, freed) };
};

describe("startNextJob", () => {
  it("P-9: puts the event of the oldest queued job and records it", async () => {
    const { ledger, bus, next } = await setUp({}, {});
    expect(await next()).toEqual({ kind: "dispatched", jobId: 1 });
    expect(bus.events).toMatchObject([{ job: { id: 1, projectId: 1, status: "pending" }, attempt: 1 }]);
    expect((await ledger.attempts(1))[0]).toMatchObject({ dispatchedAt: NOW });
  });

  it("skips for 45 seconds a job whose event is under way", async () => {
    const { clock, next } = await setUp({}, {});
    await next();
    expect(await next()).toEqual({ kind: "dispatched", jobId: 2 });
    expect(await next()).toEqual({ kind: "nobody" });
    clock.advance(45_001);
    expect(await next()).toEqual({ kind: "dispatched", jobId: 1 });
  });

  it.each(["starts-on", "launch-rate"] as const)(
    "leaves jobs that wait for %s to the reconciler",
    async (waitingFor) => {
      const { next } = await setUp({ waitingFor });
      expect(await next()).toEqual({ kind: "nobody" });
    },
  );

  it("F-33: for a reservation at EC2 dispatches the oldest waiting job of all classes, with or without a runner", async () => {
    const { next } = await setUp(
      { classKey: "LAMBDA#default", waitingFor: "slot" },
      { waitingFor: "slot" },
      { classKey: "EC2#big", state: "CREATED", runnerId: 5, waitingFor: "launch-rate" },
      { waitingFor: "launch-rate" },
    );
    expect(await next(freedLaunch)).toEqual({ kind: "dispatched", jobId: 3 });
    expect(await next(freedLaunch)).toEqual({ kind: "dispatched", jobId: 4 });
    expect(await next(freedLaunch)).toEqual({ kind: "nobody" });
  });

  it("dispatches another class when none waits in this one: the stack's slot is free too", async () => {
    const { next } = await setUp({ classKey: "EC2#big" });
    expect(await next()).toEqual({ kind: "dispatched", jobId: 1 });
  });

  it("takes the next one when somebody else dispatches the oldest", async () => {
    const { ledger, bus, clock } = await setUp({}, {});
    const [stale] = await ledger.waiting("EC2#default", 1);
    await ledger.commit([{ put: { ...stale!, version: 2, dispatchedAt: NOW } }]);
    const lagging = {
      ...ledger,
      waiting: async () => [stale!, (await ledger.attempts(2)).filter(isOrdered)[0]!],
    };
    expect(await startNextJob({ ledger: lagging, bus, clock }, SLOT)).toEqual({
      kind: "dispatched",
      jobId: 2,
    });
  });
});
