import { queueName } from "../../../../Core/ledger/queues";
import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { WaitingFor } from "../../../../Core/model/reasons";
import type { UsageKey } from "../../../../Core/usage/usage-key";
import type { UsageNumbers, UsageReader } from "../../../../Core/usage/usage-reader";
import { type BootstrapRows, type Ledger, type LedgerChange, type Page, SHARDS } from "../../ports";
import {
  freshId,
  fullAttempt,
  fullRunner,
  sampleAttempt,
  sampleFailedLookUp,
  sampleOrphan,
  sampleOrphanRecord,
  sampleRow,
  sampleRunner,
} from "./samples";

export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** The bootstrap table that the ledger writes rows to. */
  readonly rows: BootstrapRows;
  /** Reads what the ledger has counted. */
  readonly usage: UsageReader;
}

const commitAll = async (ledger: Ledger, ...changes: readonly LedgerChange[]): Promise<void> => {
  expect(await ledger.commit(changes)).toBe(true);
};

/** Of the samples' project. */
const queue = (classKey: string, waitingFor: WaitingFor = "slot"): string =>
  queueName(42, { classKey, waitingFor });

const everyPage = async <Item>(read: (cursor?: string) => Promise<Page<Item>>): Promise<Item[]> => {
  const items: Item[] = [];
  let next: string | undefined;
  do {
    const page: Page<Item> = await read(next);
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return items;
};

/**
 * The contract of every ledger: it runs against the fake, the adapter on a double, and the adapter on an engine.
 * Ids and scopes are new in every test, so one table serves all of them.
 *
 * @param prepare called before each test
 */
export const ledgerContract = (prepare: () => LedgerUnderTest | Promise<LedgerUnderTest>): void => {
  let ledger: Ledger;
  let rows: BootstrapRows;
  let usage: UsageReader;
  beforeEach(async () => {
    ({ ledger, rows, usage } = await prepare());
  });

  describe("items", () => {
    it("reads an attempt with every field and no others", async () => {
      const attempt = fullAttempt(freshId());
      await commitAll(ledger, { put: attempt });
      expect(await ledger.attempts(attempt.jobId)).toEqual([attempt]);
    });

    it("reads a runner with every field by its id and by its resource", async () => {
      const runner = fullRunner(freshId());
      await commitAll(ledger, { put: runner });
      expect(await ledger.runner(runner.runnerId)).toEqual(runner);
      expect(await ledger.byResource(runner.resourceId ?? "")).toEqual(runner);
    });

    it("reads an attempt whose look-up failed with its fields and no others", async () => {
      const attempt = sampleFailedLookUp(freshId());
      await commitAll(ledger, { put: attempt });
      expect(await ledger.attempts(attempt.jobId)).toEqual([attempt]);
    });

    it("F-25: reads an adopted record with its fields and no others", async () => {
      const record = sampleOrphanRecord(freshId());
      await commitAll(ledger, { put: record });
      expect(await ledger.runner(record.runnerId)).toEqual(record);
    });

    it("F-51: reads an orphan by its id, and by its resource where no runner has it", async () => {
      const orphan = sampleOrphan(`i-${freshId()}`);
      await commitAll(ledger, { put: orphan });
      expect(await ledger.orphan(orphan.resourceId)).toEqual(orphan);
      expect(await ledger.byResource(orphan.resourceId)).toEqual(orphan);
      const runner = sampleRunner({ runnerId: freshId(), resourceId: orphan.resourceId });
      await commitAll(ledger, { put: runner });
      expect(await ledger.byResource(orphan.resourceId)).toEqual(runner);
    });

    it("finds a runner by its resource, and not an attempt that names the same resource", async () => {
      const resourceId = `i-${freshId()}`;
      await commitAll(ledger, { put: sampleAttempt({ jobId: freshId(), resourceId }) });
      expect(await ledger.byResource(resourceId)).toBeUndefined();
    });

    it("finds nothing that was never written", async () => {
      expect(await ledger.attempts(freshId())).toEqual([]);
      expect(await ledger.runner(freshId())).toBeUndefined();
      expect(await ledger.byResource("i-none")).toBeUndefined();
      expect(await ledger.orphan("i-none")).toBeUndefined();
      expect(await ledger.stateRecord(`none-${freshId()}`)).toBeUndefined();
    });

    it("reads a job's attempts from first to last", async () => {
      const jobId = freshId();
      for (const attempt of [2, 3, 1]) await commitAll(ledger, { put: sampleAttempt({ jobId, attempt }) });
      expect((await ledger.attempts(jobId)).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    });

    it("F-55 I-7: a new version drops fields that only the old one had", async () => {
      const runner = fullRunner(freshId());
      const { lease: _, slot: __, ...rest } = runner;
      await commitAll(ledger, { put: runner });
      await commitAll(ledger, { put: { ...rest, version: 2 } });
      expect(await ledger.runner(runner.runnerId)).toEqual({ ...rest, version: 2 });
    });
  });

  describe("conditions", () => {
    it("F-17: refuses a version that does not follow the stored one", async () => {
      const attempt = sampleAttempt({ jobId: freshId() });
      expect(await ledger.commit([{ put: { ...attempt, version: 2 } }])).toBe(false);
      await commitAll(ledger, { put: attempt });
      expect(await ledger.commit([{ put: attempt }])).toBe(false);
      expect(await ledger.commit([{ put: { ...attempt, version: 3 } }])).toBe(false);
      await commitAll(ledger, { put: { ...attempt, version: 2, state: "CREATED" } });
      expect((await ledger.attempts(attempt.jobId))[0]?.state).toBe("CREATED");
    });

    it("writes nothing of a commit when one condition fails", async () => {
      const held = sampleAttempt({ jobId: freshId() });
      const [scope, key] = [`EC2#${freshId()}`, `nonce-${freshId()}`];
      await commitAll(ledger, { put: held });
      const isWritten = await ledger.commit([
        { put: sampleRunner({ runnerId: held.jobId }) },
        { take: { scope, shard: 0, limit: 9 } },
        { bootstrap: sampleRow(key) },
        { stateRecord: { name: key, version: 1, value: 1 } },
        { put: held },
      ]);
      expect(isWritten).toBe(false);
      expect(await ledger.runner(held.jobId)).toBeUndefined();
      expect(await ledger.slots(scope)).toEqual({ taken: Array<number>(SHARDS).fill(0) });
      expect(await ledger.stateRecord(key)).toBeUndefined();
      expect(await rows.move(key, `${key}-moved`)).toBe(false);
    });

    it("checks an item's version without writing it", async () => {
      const runner = sampleRunner({ runnerId: freshId() });
      const attempt = sampleAttempt({ jobId: freshId() });
      expect(await ledger.commit([{ check: runner }, { put: attempt }])).toBe(false);
      await commitAll(ledger, { put: runner });
      expect(await ledger.commit([{ check: { ...runner, version: 2 } }, { put: attempt }])).toBe(false);
      await commitAll(ledger, { check: runner }, { put: attempt });
      expect(await ledger.runner(runner.runnerId)).toEqual(runner);
    });

    it("I-2 I-18: lets one of ten equal claims through", async () => {
      const attempt = sampleAttempt({ jobId: freshId() });
      const claims = Array.from({ length: 10 }, (_, index) =>
        ledger.commit([{ put: { ...attempt, lease: { kind: "start", holder: `${index}`, until: 1 } } }]),
      );
      const won = await Promise.all(claims);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await ledger.attempts(attempt.jobId))[0]?.lease?.holder).toBe(String(won.indexOf(true)));
    });
  });

  describe("slots", () => {
    it("I-22: takes a slot while the shard's count is below the limit, and releases it", async () => {
      const scope = `EC2#${freshId()}`;
      const take = { take: { scope, shard: 7, limit: 2 } };
      await commitAll(ledger, take);
      await commitAll(ledger, take);
      expect(await ledger.commit([take])).toBe(false);
      expect((await ledger.slots(scope)).taken[7]).toBe(2);
      await commitAll(ledger, { releaseSlot: { scope, shard: 7 } });
      expect((await ledger.slots(scope)).taken[7]).toBe(1);
      await commitAll(ledger, take);
    });

    it("I-22: takes no slot when the limit is zero or below the number taken", async () => {
      const scope = `EC2#${freshId()}`;
      expect(await ledger.commit([{ take: { scope, shard: 0, limit: 0 } }])).toBe(false);
      await commitAll(ledger, { take: { scope, shard: 0, limit: 2 } });
      await commitAll(ledger, { take: { scope, shard: 0, limit: 2 } });
      expect(await ledger.commit([{ take: { scope, shard: 0, limit: 1 } }])).toBe(false);
      expect((await ledger.slots(scope)).taken[0]).toBe(2);
    });

    it("I-22: never exceeds the limit when forty ask at once", async () => {
      const scope = `EC2#${freshId()}`;
      const limit = 8;
      const asks = Array.from({ length: 40 }, () =>
        ledger.commit([{ take: { scope, shard: 1, limit } }]).catch(() => false),
      );
      const won = (await Promise.all(asks)).filter(Boolean).length;
      expect(won).toBeLessThanOrEqual(limit);
      expect(won).toBeGreaterThan(0);
      expect((await ledger.slots(scope)).taken[1]).toBe(won);
    });
  });

  describe("the limit of a scope", () => {
    it("F-77: is read with its counters, as it was stored last, and changes none of them", async () => {
      const scope = `EC2#${freshId()}`;
      await commitAll(ledger, { take: { scope, shard: 2, limit: 1 } });
      for (const limit of [5, 900]) {
        await commitAll(ledger, { slotLimit: { scope, limit } });
        const { taken, limit: stored } = await ledger.slots(scope);
        expect([taken[2], stored]).toEqual([1, limit]);
      }
    });
  });

  describe("a row of reservations", () => {
    const window = { gap: 100, from: 1_000_000, until: 1_000_500 };

    it("F-33: gives each time once, and none after the end of the window", async () => {
      const row = `row-${freshId()}`;
      const asks = Array.from({ length: 20 }, () => ledger.reserve(row, window));
      const given = (await Promise.all(asks)).filter((time) => time !== undefined).sort();
      expect(given).toEqual([1_000_000, 1_000_100, 1_000_200, 1_000_300, 1_000_400, 1_000_500]);
    });

    it("skips times in the past, and starts anew when the stored time is far ahead", async () => {
      const row = `row-${freshId()}`;
      const ask = (from: number) => ledger.reserve(row, { gap: 100, from, until: from + 500 });
      expect(await ask(9_000_000)).toBe(9_000_000);
      expect(await ask(9_000_050)).toBe(9_000_100);
      expect(await ask(9_001_000)).toBe(9_001_000);
      expect(await ask(9_000_000)).toBeUndefined();
      expect(await ask(1_000_000)).toBe(1_000_000);
    });
  });

  describe("a day's counts", () => {
    const ttl = 1_800_000_000;
    const keyOf = (patch: Partial<UsageKey> = {}): UsageKey => ({
      day: "2026-11-25",
      shard: 3,
      projectId: freshId(),
      classKey: "EC2#big",
      market: "spot",
      jobName: "a#b %23 🦊",
      ...patch,
    });
    const count = (key: UsageKey, add: UsageNumbers): LedgerChange => ({ count: { key, add, ttl } });

    it("I-40: sum up, whatever the names of the fields, and know their subject", async () => {
      const key = keyOf();
      const { shard: _, ...subject } = key;
      await commitAll(ledger, count(key, { jobs: 1, usd: 0.0625, "wait:slot": 40 }));
      await commitAll(ledger, count(key, { jobs: 2, usd: 0.5, "bucket:7": 1 }));
      expect(await usage.counts(key.day, key.projectId)).toEqual([
        { subject, numbers: { jobs: 3, usd: 0.5625, "wait:slot": 40, "bucket:7": 1 } },
      ]);
    });

    it("I-40: are written with all other changes of a commit, or not at all", async () => {
      const key = keyOf();
      const runner = sampleRunner({ runnerId: freshId() });
      await commitAll(ledger, { put: runner }, count(key, { jobs: 1 }));
      expect(await ledger.commit([{ put: runner }, count(key, { jobs: 1 })])).toBe(false);
      expect(await usage.counts(key.day, key.projectId)).toMatchObject([{ numbers: { jobs: 1 } }]);
    });

    it("I-40: are kept apart by day, project, class, market and name, and read from all shards", async () => {
      const one = keyOf();
      const others: readonly Partial<UsageKey>[] = [
        { shard: 15 },
        { classKey: "LAMBDA#big" },
        { market: "on-demand" },
        { jobName: "a" },
        { day: "2026-11-24" },
        { projectId: freshId() },
      ];
      for (const other of [{}, ...others])
        await commitAll(ledger, count(keyOf({ ...one, ...other }), { jobs: 1 }));
      const found = await usage.counts(one.day, one.projectId);
      expect(found.map(({ numbers }) => numbers)).toEqual(Array(5).fill({ jobs: 1 }));
      expect(new Set(found.map(({ subject }) => JSON.stringify(subject))).size).toBe(4);
      const all = await usage.counts(one.day);
      expect(all.filter(({ subject }) => subject.projectId === one.projectId)).toHaveLength(5);
    });

    it("I-40: have a readable name and one key each also for names that are too long for a key", async () => {
      const names = ["x", "y"].map((end) => "🦊".repeat(255) + end);
      const key = keyOf();
      for (const jobName of names) await commitAll(ledger, count({ ...key, jobName }, { jobs: 1 }));
      const found = await usage.counts(key.day, key.projectId);
      expect(found.map(({ subject }) => subject.jobName)).toEqual(Array(2).fill(`${"🦊".repeat(25)}…`));
    });
  });

  it("keeps state records by version", async () => {
    const name = `reconciler-${freshId()}`;
    const value = { cursor: "a", ids: [1, 2], deep: { on: true, none: null } };
    await commitAll(ledger, { stateRecord: { name, version: 1, value } });
    expect(await ledger.stateRecord(name)).toEqual({ name, version: 1, value });
    expect(await ledger.commit([{ stateRecord: { name, version: 1, value: 2 } }])).toBe(false);
    await commitAll(ledger, { stateRecord: { name, version: 2, value: "later" } });
    expect(await ledger.stateRecord(name)).toEqual({ name, version: 2, value: "later" });
  });

  it("writes a bootstrap row in the same commit", async () => {
    const row: BootstrapRow = sampleRow(`nonce-${freshId()}`);
    await commitAll(ledger, { bootstrap: row }, { put: sampleRunner({ runnerId: freshId() }) });
    expect(await rows.move(row.key, `${row.key}-moved`)).toBe(true);
  });

  describe("the lists of open items", () => {
    it("I-22: lists a queue's waiting attempts, oldest first, as many as asked for", async () => {
      const classKey = `EC2#${freshId()}`;
      const queued = [900, 20, 1_700_000_000_000].map((queuedAt) => ({ queuedAt, jobId: freshId() }));
      for (const { queuedAt, jobId } of queued) {
        const { order, ...attempt } = sampleAttempt({ jobId, classKey, state: "WAITING" });
        await commitAll(ledger, { put: { ...attempt, order: { ...order, queuedAt } } });
      }
      const waiting = await ledger.waiting(queue(classKey), 2);
      expect(waiting.map(({ order }) => order.queuedAt)).toEqual([20, 900]);
      expect(await ledger.waiting(queue(`${classKey}-other`), 2)).toEqual([]);
    });

    it("I-22: lists the records of the rotation, the lowest first, as they stand", async () => {
      const [one, other] = [`rotation-${freshId()}`, `rotation-${freshId()}`];
      const rotationOf = async () =>
        (await ledger.rotation(1_000)).filter(({ name }) => [one, other].includes(name));
      await commitAll(ledger, { stateRecord: { name: one, version: 1, value: { a: 1 }, rotation: 2_000 } });
      await commitAll(ledger, { stateRecord: { name: other, version: 1, value: 2, rotation: 1_000 } });
      expect(await rotationOf()).toEqual([
        { name: other, version: 1, value: 2, rotation: 1_000 },
        { name: one, version: 1, value: { a: 1 }, rotation: 2_000 },
      ]);
      await commitAll(ledger, { stateRecord: { name: other, version: 2, value: 3, rotation: 3_000 } });
      expect((await rotationOf()).map(({ name }) => name)).toEqual([one, other]);
      expect(await ledger.stateRecord(other)).toEqual({ name: other, version: 2, value: 3, rotation: 3_000 });
      await commitAll(ledger, { stateRecord: { name: one, version: 2, value: 4 } });
      expect((await rotationOf()).map(({ name }) => name)).toEqual([other]);
      await commitAll(ledger, { stateRecord: { name: other, version: 3, value: 4 } });
    });

    it("F-37: lists the records of a list as they stand, and no others", async () => {
      const list = `list-${freshId()}`;
      const name = (of: string): string => `pool#${list}/${of}`;
      const named = async (): Promise<object> =>
        Object.fromEntries((await ledger.listed(list)).map((record) => [record.name, record.value]));
      await commitAll(ledger, {
        stateRecord: { name: name("b"), version: 1, value: { at: 1 }, list, ttl: 9 },
      });
      await commitAll(ledger, { stateRecord: { name: name("a"), version: 1, value: 1, list } });
      await commitAll(ledger, { stateRecord: { name: name("c"), version: 1, value: 1 } });
      await commitAll(ledger, {
        stateRecord: { name: name("b"), version: 2, value: { at: 2 }, list, ttl: 9 },
      });
      expect(await named()).toEqual({ [name("a")]: 1, [name("b")]: { at: 2 } });
      expect(await ledger.stateRecord(name("b"))).toMatchObject({ version: 2, value: { at: 2 } });
      await commitAll(ledger, { stateRecord: { name: name("a"), version: 2, value: 1 } });
      expect(await named()).toEqual({ [name("b")]: { at: 2 } });
    });

    it("removes an attempt from the queue when it is claimed, and from every list when it ends", async () => {
      const jobId = freshId();
      const classKey = `EC2#${jobId}`;
      const isOpen = async (): Promise<boolean> =>
        (await everyPage((cursor) => ledger.openAttempts(cursor))).some((attempt) => attempt.jobId === jobId);
      const attempt = sampleAttempt({ jobId, classKey });
      await commitAll(ledger, { put: { ...attempt, state: "WAITING" } });
      expect([(await ledger.waiting(queue(classKey), 9)).length, await isOpen()]).toEqual([1, false]);
      await commitAll(ledger, { put: { ...attempt, version: 2 } });
      expect([(await ledger.waiting(queue(classKey), 9)).length, await isOpen()]).toEqual([0, true]);
      await commitAll(ledger, { put: { ...attempt, version: 3, state: "ENDED" } });
      expect(await isOpen()).toBe(false);
    });

    it("I-26: keeps an attempt in the queue while its runner's launch waits, and then among the open ones", async () => {
      const jobId = freshId();
      const classKey = `EC2#${jobId}`;
      const waits = sampleAttempt({ jobId, classKey, state: "CREATED", waitingFor: "launch-rate" });
      const seen = async () => [
        (await ledger.waiting(queue(classKey, "launch-rate"), 9)).length,
        (await everyPage((cursor) => ledger.openAttempts(cursor))).filter((one) => one.jobId === jobId)
          .length,
      ];
      await commitAll(ledger, { put: waits });
      expect(await seen()).toEqual([1, 0]);
      const { waitingFor: _, ...launched } = waits;
      await commitAll(ledger, { put: { ...launched, version: 2, state: "LAUNCHED" } });
      expect(await seen()).toEqual([0, 1]);
    });

    it("F-51: lists an orphan until it is terminated", async () => {
      const orphan = sampleOrphan(`i-${freshId()}`);
      const isOpen = async (): Promise<boolean> =>
        (await everyPage((cursor) => ledger.openOrphans(cursor))).some(
          ({ resourceId }) => resourceId === orphan.resourceId,
        );
      await commitAll(ledger, { put: orphan });
      expect(await isOpen()).toBe(true);
      await commitAll(ledger, { put: { ...orphan, version: 2, state: "GONE" } });
      expect(await isOpen()).toBe(false);
    });

    it("I-20: lists a runner until it is terminated and its record deleted", async () => {
      const runner = sampleRunner({ runnerId: freshId() });
      const isOpen = async (): Promise<boolean> =>
        (await everyPage((cursor) => ledger.openRunners(cursor))).some(
          ({ runnerId }) => runnerId === runner.runnerId,
        );
      await commitAll(ledger, { put: runner });
      expect(await isOpen()).toBe(true);
      await commitAll(ledger, { put: { ...runner, version: 2, state: "GONE" } });
      expect(await isOpen()).toBe(true);
      await commitAll(ledger, { put: { ...runner, version: 3, state: "GONE", recordDeletedAt: 1 } });
      expect(await isOpen()).toBe(false);
    });
  });
};
