import { setTimeout as sleep } from "node:timers/promises";
import { TransientError } from "../../../Core/errors";
import { isOrdered, type OrderedAttempt } from "../../../Core/model/ledger";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { fakeClock, fakeEventBus, fakeLedger } from "../testing/fakes";
import { aClass, anAttempt, anOrder, NOW } from "../testing/fakes/items";
import { type Freed, freedLaunch, freedTwoLaunches } from "./freed";
import { joinQueue } from "./rotation";
import { startNextJob } from "./start-next-job";

const SLOT: Freed = { kind: "slot", classKey: "EC2#default" };

type Waiting = Partial<Omit<OrderedAttempt, "order">> & { readonly order?: Partial<RunnerOrder> };

const setUp = async (...waiting: readonly Waiting[]) => {
  const ledger = fakeLedger();
  const bus = fakeEventBus();
  const clock = fakeClock(NOW);
  for (const [index, { order: patch, ...attempt }] of waiting.entries()) {
    const jobId = index + 1;
    const order = anOrder({ jobId, queuedAt: NOW + index, ...patch });
    const put = anAttempt({ jobId, state: "WAITING", waitingFor: "slot", ...attempt, order });
    await joinQueue({ ledger, clock }, put);
    await ledger.commit([{ put }]);
    clock.advance(1);
  }
  const next = (freed: Freed = SLOT) => startNextJob({ ledger, bus, clock }, freed);
  /** The jobs that are dispatched, one after the other. */
  const order = async (freed: Freed = SLOT): Promise<readonly number[]> => {
    const jobs: number[] = [];
    for (let found = await next(freed); found.kind === "dispatched"; found = await next(freed))
      jobs.push(found.jobId);
    return jobs;
  };
  return { ledger, bus, clock, next, order };
};

/** An order's fields, as `setUp` puts them into an attempt. */
const of = (patch: Partial<RunnerOrder>, attempt: Partial<OrderedAttempt> = {}): Waiting => ({
  ...attempt,
  order: patch,
});

describe("startNextJob", () => {
  it("P-9: puts the event of the oldest queued job and records it", async () => {
    const { ledger, bus, next } = await setUp({}, {});
    expect(await next()).toEqual({ kind: "dispatched", jobId: 1 });
    expect(bus.events).toMatchObject([{ job: { id: 1, projectId: 1, status: "pending" }, attempt: 1 }]);
    expect((await ledger.attempts(1))[0]).toMatchObject({ dispatchedAt: NOW + 2 });
  });

  it("F-8: ends when the bus has the event, not before", async () => {
    const { ledger, bus, clock } = await setUp({});
    const slow = {
      ...bus,
      put: (...events: Parameters<typeof bus.put>) => sleep(1).then(() => bus.put(...events)),
    };
    await startNextJob({ ledger, bus: slow, clock }, SLOT);
    expect(bus.events).toHaveLength(1);
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
    expect(await next(freedLaunch("EC2"))).toEqual({ kind: "dispatched", jobId: 3 });
    expect(await next(freedLaunch("EC2"))).toEqual({ kind: "dispatched", jobId: 4 });
    expect(await next(freedLaunch("EC2"))).toEqual({ kind: "nobody" });
  });

  it("I-26: dispatches two jobs where EC2 takes more calls than are made, and one where there is only one", async () => {
    const waiting = { waitingFor: "launch-rate" } as const;
    const { next, bus } = await setUp(waiting, waiting, waiting);
    const dispatched = () => bus.events.splice(0).map((event) => "job" in event && event.job.id);
    expect(await next(freedTwoLaunches("EC2"))).toEqual({ kind: "dispatched", jobId: 1 });
    expect(dispatched()).toEqual([1, 2]);
    expect(await next(freedTwoLaunches("EC2"))).toEqual({ kind: "dispatched", jobId: 3 });
    expect(dispatched()).toEqual([3]);
  });

  it("dispatches another class when none waits in this one: the stack's slot is free too", async () => {
    const { next } = await setUp({ classKey: "EC2#big" });
    expect(await next()).toEqual({ kind: "dispatched", jobId: 1 });
  });

  it("takes the next one when somebody else dispatches the oldest", async () => {
    const { ledger, bus, clock } = await setUp({}, {});
    const [stale] = await ledger.waiting("1#EC2#default#slot", 1);
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

  describe("rotation", () => {
    const many = (count: number, projectId: number) => Array.from({ length: count }, () => of({ projectId }));

    it("P-9: goes from project to project, so that many jobs of one keep no other waiting", async () => {
      const { order } = await setUp(...many(5, 1), ...many(2, 2), ...many(1, 3));
      expect(await order()).toEqual([1, 6, 8, 2, 7, 3, 4, 5]);
    });

    it("is shared by runners that end at the same moment", async () => {
      const { next } = await setUp(...many(5, 1), ...many(5, 2), ...many(5, 3));
      const found = await Promise.all([next(), next(), next()]);
      const jobs = found.map((each) => (each.kind === "dispatched" ? each.jobId : 0));
      expect([...jobs].sort((one, other) => one - other)).toEqual([1, 6, 11]);
    });

    it("puts a project that comes later behind those that wait, and before their next jobs", async () => {
      const { ledger, clock, bus, next } = await setUp(...many(3, 1), ...many(3, 2));
      await next();
      clock.advance(1);
      const put = anAttempt({ jobId: 99, state: "WAITING", order: anOrder({ jobId: 99, projectId: 3 }) });
      await joinQueue({ ledger, clock }, put);
      await ledger.commit([{ put }]);
      clock.advance(1);
      await next();
      await next();
      expect(bus.events.map((event) => "job" in event && event.job.projectId)).toEqual([1, 2, 1]);
      await next();
      expect(bus.events.map((event) => "job" in event && event.job.projectId)).toContain(3);
    });

    it("follows the moment a job became pending, and the priority of its class before that", async () => {
      const first = aClass({ name: "first", priority: 5 });
      const { order } = await setUp(
        of({ queuedAt: NOW - 1 }),
        of({ queuedAt: NOW - 2 }),
        of({ queuedAt: NOW, runnerClass: first }, { classKey: "EC2#first" }),
      );
      expect(await order()).toEqual([3, 2, 1]);
    });

    it("I-22: passes by a class, and a project, whose limit is reached", async () => {
      const full = aClass({ name: "full", maxRunners: 1 });
      const limits = { stack: 100, project: 1 };
      const { ledger, order } = await setUp(
        of({ projectId: 1, runnerClass: full }, { classKey: "EC2#full" }),
        of({ projectId: 2, limits }),
        of({ projectId: 3, limits }),
      );
      await ledger.commit([
        { take: { scope: "EC2#full", shard: 0, limit: 1 } },
        { take: { scope: "project#2", shard: 0, limit: 1 } },
      ]);
      expect(await order()).toEqual([3]);
    });

    it("I-22: stops when the stack's own limit is reached", async () => {
      const { ledger, next } = await setUp(of({ limits: { stack: 1 } }));
      await ledger.commit([{ take: { scope: "stack", shard: 0, limit: 1 } }]);
      expect(await next()).toEqual({ kind: "nobody" });
    });

    it("I-24: goes on to the next project where one cannot be read, and tells when nobody else waits", async () => {
      const { ledger, bus, clock } = await setUp(...many(1, 1), ...many(1, 2));
      const waiting: typeof ledger.waiting = (queue, limit) =>
        queue.startsWith("1#") ? Promise.reject(new TransientError("no read")) : ledger.waiting(queue, limit);
      const next = () => startNextJob({ ledger: { ...ledger, waiting }, bus, clock }, SLOT);
      expect(await next()).toEqual({ kind: "dispatched", jobId: 2 });
      // The workflow tries it again.
      await expect(next()).rejects.toThrow("no read");
    });

    it("I-24: reads the stack's counters anew for the next project where they could not be read", async () => {
      const { ledger, bus, clock } = await setUp(...many(1, 1), ...many(1, 2));
      let fails = 1;
      const slots: typeof ledger.slots = (scope) => {
        fails -= 1;
        return fails === 0 ? Promise.reject(new TransientError("no read")) : ledger.slots(scope);
      };
      const found = await startNextJob({ ledger: { ...ledger, slots }, bus, clock }, SLOT);
      expect(found).toEqual({ kind: "dispatched", jobId: 2 });
    });

    it("I-24: gives up at the third project that cannot be read", async () => {
      const { ledger, bus, clock } = await setUp(...[1, 2, 3, 4, 5].flatMap((id) => many(1, id)));
      let reads = 0;
      const waiting = () => {
        reads += 1;
        return Promise.reject(new TransientError("no read"));
      };
      const found = startNextJob({ ledger: { ...ledger, waiting }, bus, clock }, SLOT);
      await expect(found).rejects.toThrow("no read");
      expect(reads).toBe(3);
    });

    it("costs few reads, however many wait", async () => {
      const { ledger, bus, clock } = await setUp(...many(200, 1), ...many(200, 2));
      let reads = 0;
      const counted = new Proxy(ledger, {
        get: (target, name, receiver) => {
          if (["waiting", "rotation", "slots", "stateRecord"].includes(String(name))) reads += 1;
          return Reflect.get(target, name, receiver);
        },
      });
      await startNextJob({ ledger: counted, bus, clock }, SLOT);
      // The projects in turn, one queue, and the slots of the stack and the class.
      expect(reads).toBe(4);
    });

    it("leaves a project that waits alone where it is, and puts one of two behind the other", async () => {
      const alone = await setUp(...many(2, 1));
      const before = await alone.ledger.rotation(9);
      await alone.next();
      expect(await alone.ledger.rotation(9)).toEqual(before);
      const { ledger, next } = await setUp(...many(2, 1), ...many(1, 2));
      const names = async () => (await ledger.rotation(9)).map(({ name }) => name);
      const [first, second] = await names();
      await next();
      expect(await names()).toEqual([second, first]);
    });

    it("forgets a project of which nobody waits any more, and takes it back when a job joins", async () => {
      const { ledger, clock, next, order } = await setUp({});
      await order();
      const [waiting] = await ledger.attempts(1);
      const { waitingFor: _, ...claimed } = waiting as OrderedAttempt;
      await ledger.commit([{ put: { ...claimed, version: 3, state: "CLAIMED" } }]);
      expect(await ledger.rotation(9)).toHaveLength(1);
      clock.advance(121_000);
      await next();
      expect(await ledger.rotation(9)).toEqual([]);
      await joinQueue({ ledger, clock }, anAttempt({ jobId: 2, state: "WAITING", waitingFor: "slot" }));
      expect(await ledger.rotation(9)).toHaveLength(1);
    });

    it("says at most every thirty seconds that a job joined, and gives up after five that others overtook", async () => {
      const { ledger, clock } = await setUp({});
      const job = anAttempt({ jobId: 2, state: "WAITING", waitingFor: "slot" });
      const writes = async (of: typeof ledger): Promise<number> => {
        const commit = jest.spyOn(of, "commit");
        await joinQueue({ ledger: of, clock }, job);
        const { length } = commit.mock.calls;
        commit.mockRestore();
        return length;
      };
      clock.advance(29_998);
      expect(await writes(ledger)).toBe(0);
      clock.advance(1);
      expect(await writes(ledger)).toBe(1);
      clock.advance(30_000);
      expect(await writes({ ...ledger, commit: async () => false })).toBe(5);
    });

    it("I-33: takes a moment of joining from the future for another machine's clock", async () => {
      const { ledger } = await setUp({});
      const job = anAttempt({ jobId: 2, state: "WAITING", waitingFor: "slot" });
      const commit = jest.spyOn(ledger, "commit");
      // Each job of `setUp` joins at NOW, or a little later.
      for (const behind of [29_999, 30_000]) await joinQueue({ ledger, clock: fakeClock(NOW - behind) }, job);
      expect(commit.mock.calls).toHaveLength(1);
    });
  });
});
