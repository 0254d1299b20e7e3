import type { Attempt } from "../../../Core/ledger";
import { fakeClock, fakeEventBus, fakeLedger } from "./fakes";
import { anAttempt, anOrder, NOW } from "./fakes/items";
import { startNextJob } from "./start-next-job";

const setUp = async (...waiting: readonly Partial<Attempt>[]) => {
  const ledger = fakeLedger();
  const bus = fakeEventBus();
  const clock = fakeClock(NOW);
  await ledger.commit([{ note: { name: "classes", version: 1, value: ["EC2#big", "EC2#default"] } }]);
  for (const [index, patch] of waiting.entries()) {
    const jobId = index + 1;
    const order = anOrder({ jobId, queuedAt: NOW + index });
    await ledger.commit([
      { put: anAttempt({ jobId, order, state: "WAITING", waitingFor: "place", ...patch }) },
    ]);
  }
  return { ledger, bus, clock, next: (key = "EC2#default") => startNextJob({ ledger, bus, clock }, key) };
};

describe("startNextJob", () => {
  it("P-9: puts the event of the oldest job in line and notes it", async () => {
    const { ledger, bus, next } = await setUp({}, {});
    expect(await next()).toEqual({ kind: "woken", jobId: 1 });
    expect(bus.events).toMatchObject([{ job: { id: 1, projectId: 1, status: "pending" }, attempt: 1 }]);
    expect((await ledger.attempts(1))[0]).toMatchObject({ wokenAt: NOW });
  });

  it("passes by whose event is under way, for 45 seconds", async () => {
    const { clock, next } = await setUp({}, {});
    await next();
    expect(await next()).toEqual({ kind: "woken", jobId: 2 });
    expect(await next()).toEqual({ kind: "nobody" });
    clock.advance(45_001);
    expect(await next()).toEqual({ kind: "woken", jobId: 1 });
  });

  it.each(["starts-on", "ec2"] as const)("leaves who waits for %s to the sweep", async (waitingFor) => {
    const { next } = await setUp({ waitingFor });
    expect(await next()).toEqual({ kind: "nobody" });
  });

  it("F-33: wakes for a turn at EC2 the oldest of all classes that waits for one, with its runner or without", async () => {
    const { next } = await setUp(
      { classKey: "LAMBDA#default", waitingFor: "place" },
      { waitingFor: "place" },
      { classKey: "EC2#big", state: "CREATED", runnerId: 5, waitingFor: "ec2" },
      { waitingFor: "ec2" },
    );
    expect(await next("EC2")).toEqual({ kind: "woken", jobId: 3 });
    expect(await next("EC2")).toEqual({ kind: "woken", jobId: 4 });
    expect(await next("EC2")).toEqual({ kind: "nobody" });
  });

  it("wakes another class when nobody waits in this one: the stack's place is free too", async () => {
    const { next } = await setUp({ classKey: "EC2#big" });
    expect(await next()).toEqual({ kind: "woken", jobId: 1 });
  });

  it("takes the next one when somebody else wakes the oldest", async () => {
    const { ledger, bus, clock } = await setUp({}, {});
    const [stale] = await ledger.waiting("EC2#default", 1);
    await ledger.commit([{ put: { ...stale!, version: 2, wokenAt: NOW } }]);
    const lagging = { ...ledger, waiting: async () => [stale!, (await ledger.attempts(2))[0]!] };
    expect(await startNextJob({ ledger: lagging, bus, clock }, "EC2#default")).toEqual({
      kind: "woken",
      jobId: 2,
    });
  });
});
