import fc from "fast-check";
import { defined } from "../../../Core/defined";
import { SHARDS, STACK } from "../ports";
import { fakeLedger } from "../testing/fakes";
import { aClass, anOrder } from "../testing/fakes/items";
import { findSlot, freeShard, releaseSlot, shardLimit } from "./slots";

const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe("shardLimit", () => {
  it("I-22: adds up to the limit over all shards", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (limit) => {
        expect(sum(shards.map((shard) => shardLimit(limit, shard)))).toBe(limit);
      }),
    );
  });

  it("P-10: is never negative, whatever the limit", () => {
    for (const limit of [-5, 0, 1]) {
      expect(shards.map((shard) => shardLimit(limit, shard)).every((limit) => limit >= 0)).toBe(true);
    }
  });
});

describe("freeShard", () => {
  const full = shards.map(() => 0);

  it("starts at the given shard, so that concurrent starts use different shards", () => {
    expect([0, 1, 15].map((start) => freeShard(full, 32, start))).toEqual([0, 1, 15]);
  });

  it("goes round to a shard with a free slot", () => {
    expect(freeShard([1, 0], 2, 0)).toBe(1);
    expect(freeShard([0, 1], 2, 1)).toBe(0);
  });

  it("P-9: finds every slot up to the limit, and none beyond it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(100), (limit, start) => {
        const counts = shards.map(() => 0);
        for (let taken = 0; taken < limit; taken += 1) {
          const shard = freeShard(counts, limit, start + taken);
          expect(shard).toBeDefined();
          counts[shard ?? 0] = (counts[shard ?? 0] ?? 0) + 1;
        }
        expect(freeShard(counts, limit, start)).toBeUndefined();
      }),
    );
  });

  it("P-10: finds none while more slots are taken than a lowered limit allows, on any shards", () => {
    const counts = shards.map((shard) => (shard > 4 ? 1 : 0));
    expect(freeShard(counts, 5, 0)).toBeUndefined();
    // Just as many as the limit, all of them beyond its shards.
    expect(freeShard([0, 0, 2], 2, 0)).toBeUndefined();
  });
});

describe("findSlot", () => {
  const order = anOrder({ runnerClass: aClass({ maxRunners: 2 }), limits: { stack: 3 } });
  const ofProject = { ...order, limits: { stack: 3, project: 1 } };

  it("I-22: takes one slot of the stack and one of the class, each below its limit", async () => {
    const ledger = fakeLedger();
    const free = await findSlot(ledger, order, 0);
    expect(free?.take).toEqual([
      { take: { scope: STACK, shard: 0, limit: 1 } },
      { take: { scope: "EC2#default", shard: 0, limit: 1 } },
    ]);
  });

  it.each([
    ["the stack", STACK, 3],
    ["the class", "EC2#default", 2],
  ])("I-22: finds none when %s is full", async (_name, scope, limit) => {
    const ledger = fakeLedger();
    for (let shard = 0; shard < limit; shard += 1)
      await ledger.commit([{ take: { scope, shard, limit: 1 } }]);
    expect(await findSlot(ledger, order, 0)).toBeUndefined();
  });

  it("I-22: takes one of the project too where projects have a limit, and finds none when that is reached", async () => {
    const ledger = fakeLedger();
    const free = await findSlot(ledger, ofProject, 0);
    await ledger.commit(free?.take ?? []);
    expect(ledger.taken("project#1")).toBe(1);
    expect(await findSlot(ledger, ofProject, 1)).toBeUndefined();
    expect(await findSlot(ledger, { ...ofProject, projectId: 2 }, 1)).toBeDefined();
    await ledger.commit(releaseSlot({ slot: free!.slot, classKey: "EC2#default" }));
    expect(["project#1", STACK, "EC2#default"].map(ledger.taken)).toEqual([0, 0, 0]);
  });

  it("P-9 P-10: takes no slot of one limit when another is reached, whichever it is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
        async (stack, ofClass, project) => {
          const ledger = fakeLedger();
          const limits = { stack, ...defined({ project }) };
          const wanted = anOrder({ runnerClass: aClass({ maxRunners: ofClass }), limits });
          let taken = 0;
          for (let start = 0; start < 10; start += 1) {
            const free = await findSlot(ledger, wanted, start);
            if (free !== undefined && (await ledger.commit(free.take))) taken += 1;
          }
          expect(taken).toBe(Math.min(stack, ofClass, project ?? 10));
          const scopes = [STACK, "EC2#default", ...(project === undefined ? [] : ["project#1"])];
          expect(scopes.map(ledger.taken)).toEqual(scopes.map(() => taken));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("releases exactly what was taken", async () => {
    const ledger = fakeLedger();
    const free = await findSlot(ledger, order, 5);
    await ledger.commit(free?.take ?? []);
    await ledger.commit(releaseSlot({ slot: free!.slot, classKey: "EC2#default" }));
    expect([ledger.taken(STACK), ledger.taken("EC2#default")]).toEqual([0, 0]);
  });

  it("releases nothing for an item without a slot", () => {
    expect(releaseSlot({ classKey: "EC2#default" })).toEqual([]);
  });
});
