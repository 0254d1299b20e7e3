import type { Attempt, LedgerItem, Runner, StartedRunner } from "../../../Core/model/ledger";
import type { GitLabRunner, Instance } from "../ports";
import { sampleOrphan } from "../testing/contracts/samples";
import { type FakeLedger, fakeLedger } from "../testing/fakes/fake-ledger";
import { anAttempt, aRunner, aSnapshot, NOW } from "../testing/fakes/items";
import { adoptInstances, adoptRecords } from "./adopt";
import type { Snapshot } from "./snapshot";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GRACE = 10 * MINUTE;
const MARK = "glr test job 7 attempt 2";
const INSTANCE = "i-0123456789abcdef0";

const record = (patch: Partial<GitLabRunner> = {}): GitLabRunner => ({
  id: 50,
  description: MARK,
  paused: false,
  ...patch,
});

const instance = (patch: Partial<Instance> = {}): Instance => ({
  instanceId: INSTANCE,
  state: "running",
  launchedAt: NOW - GRACE,
  jobId: 7,
  attempt: 2,
  ...patch,
});

const withInstances = (...instances: readonly Instance[]): Snapshot =>
  aSnapshot({ instances: new Map(instances.map((one) => [one.instanceId, one])) });

const store = async (ledger: FakeLedger, ...items: readonly LedgerItem[]): Promise<void> => {
  for (const put of items) expect(await ledger.commit([{ put }])).toBe(true);
};

const adopted = {
  kind: "runner",
  version: 1,
  state: "STARTING",
  jobId: 7,
  attempt: 2,
  launchedFor: { jobId: 7, attempt: 2 },
  adopted: true,
  times: { STARTING: NOW },
};

const GRACE_IS_OVER = { "record#50": NOW - GRACE, [`instance#${INSTANCE}`]: NOW - GRACE };

describe("records in GitLab", () => {
  const adopt = (
    ledger: FakeLedger,
    records = [record()],
    known = {},
    seen = aSnapshot({ instances: new Map() }),
  ) => adoptRecords(ledger, seen, records, "test", known);

  it("trace 13: are only remembered when they are seen first", async () => {
    const ledger = fakeLedger();
    expect(await adopt(ledger)).toEqual({ discrepancies: [], unknown: { "record#50": NOW }, failures: [] });
    expect(ledger.items.size).toBe(0);
  });

  it("trace 13: are left alone until ten minutes are over", async () => {
    const ledger = fakeLedger();
    const known = { "record#50": NOW - GRACE + 1 };
    expect(await adopt(ledger, [record()], known)).toEqual({
      discrepancies: [],
      unknown: known,
      failures: [],
    });
    expect(ledger.items.size).toBe(0);
  });

  it("F-25: then get an item, and their end", async () => {
    const ledger = fakeLedger();
    const { discrepancies } = await adopt(ledger, [record()], GRACE_IS_OVER);
    const event = { detailType: "RunnerEnded", runnerId: 50, reason: "orphan-adopted" };
    expect(discrepancies).toEqual([{ kind: "runner-ended", event }]);
    expect(await ledger.runner(50)).toEqual({ ...adopted, runnerId: 50 });
  });

  it.each<[string, Partial<GitLabRunner>]>([
    ["another deployment's", { description: "glr other job 7 attempt 2" }],
    ["somebody else's", { description: "shared runner" }],
  ])("T-26: are left when they are %s", async (_, patch) => {
    expect(await adopt(fakeLedger(), [record(patch)], GRACE_IS_OVER)).toEqual({
      discrepancies: [],
      unknown: {},
      failures: [],
    });
  });

  it("are left when the ledger knows them, open or gone", async () => {
    const ledger = fakeLedger();
    await store(ledger, aRunner({ runnerId: 51, state: "GONE" }));
    const seen = aSnapshot({ runners: [aRunner({ runnerId: 50 })] });
    const { discrepancies, unknown } = await adopt(ledger, [record(), record({ id: 51 })], {}, seen);
    expect([discrepancies, unknown]).toEqual([[], {}]);
  });

  it("I-24: are adopted one by one: what fails for one waits for the next pass", async () => {
    const ledger = fakeLedger();
    const failing: FakeLedger = {
      ...ledger,
      runner: async (id) => (id === 51 ? Promise.reject(new Error("read")) : ledger.runner(id)),
      commit: async (changes) =>
        JSON.stringify(changes).includes('"runnerId":50')
          ? Promise.reject(new Error("write"))
          : ledger.commit(changes),
    };
    const known = { "record#50": 0, "record#51": 0, "record#52": 0 };
    const { discrepancies, unknown, failures } = await adopt(
      failing,
      [record(), record({ id: 51 }), record({ id: 52 })],
      known,
    );
    expect(discrepancies).toHaveLength(1);
    expect(failures).toEqual(["record#50"]);
    expect(unknown).toEqual({ "record#50": 0, "record#52": 0 });
  });

  it("are nobody's to end when another was faster", async () => {
    const slow: FakeLedger = { ...fakeLedger(), commit: async () => false };
    expect((await adopt(slow, [record()], GRACE_IS_OVER)).discrepancies).toEqual([]);
  });
});

describe("instances with our tag", () => {
  const adopt = (
    ledger: FakeLedger,
    seen: Snapshot,
    known: Readonly<Record<string, number>> = GRACE_IS_OVER,
  ) => adoptInstances(ledger, seen, known);

  it("F-53: prove nothing when the list failed", async () => {
    expect(await adopt(fakeLedger(), aSnapshot({ instances: undefined }))).toEqual({
      discrepancies: [],
      unknown: GRACE_IS_OVER,
      failures: [],
    });
  });

  const orphan = { kind: "orphan", resourceId: INSTANCE, version: 1, state: "FOUND", times: { FOUND: NOW } };
  const endOfOrphan = (reason: string) => ({
    kind: "runner-ended",
    event: { detailType: "RunnerEnded", resourceId: INSTANCE, reason },
  });

  it("P-7: get an item and their end when nobody knows them", async () => {
    const ledger = fakeLedger();
    const { discrepancies } = await adopt(ledger, withInstances(instance()));
    expect(discrepancies).toEqual([endOfOrphan("orphan-adopted")]);
    expect(await ledger.orphan(INSTANCE)).toEqual({ ...orphan, launchedFor: { jobId: 7, attempt: 2 } });
  });

  it("are nobody's in particular where their tag cannot be read", async () => {
    const ledger = fakeLedger();
    await store(ledger, anAttempt({ jobId: 1, runnerId: 9001 }), aRunner({ jobId: 1 }));
    const { jobId: _, attempt: __, ...untagged } = instance();
    await adopt(ledger, withInstances(untagged));
    expect(await ledger.orphan(INSTANCE)).toEqual(orphan);
  });

  it.each<[string, Partial<Instance>, string]>([
    ["is alive", {}, "orphan-adopted"],
    ["is dead", { state: "terminated" }, "instance-terminated"],
  ])("P-7: are named again while one that was adopted %s", async (_says, patch, reason) => {
    const ledger = fakeLedger();
    const found = sampleOrphan(INSTANCE);
    await store(ledger, found);
    const seen = {
      ...withInstances(instance(patch)),
      orphans: [{ ...found, times: { FOUND: NOW - MINUTE } }],
    };
    expect(await adopt(ledger, seen, {})).toEqual({
      discrepancies: [endOfOrphan(reason)],
      unknown: {},
      failures: [],
    });
    const fresh = { ...seen, orphans: [{ ...found, times: { FOUND: NOW } }] };
    expect((await adopt(ledger, fresh, {})).discrepancies).toEqual([]);
  });

  it("P-7: that outlived their end as orphans are named too", async () => {
    const ledger = fakeLedger();
    await store(ledger, { ...sampleOrphan(INSTANCE), state: "GONE", times: { GONE: NOW - 2 * MINUTE } });
    const { discrepancies } = await adopt(ledger, withInstances(instance()));
    expect(discrepancies).toEqual([endOfOrphan("instance-remaining")]);
  });

  it.each(["pending", "running", "stopping", "stopped"] as const)(
    "count while they are %s",
    async (state) => {
      const { discrepancies } = await adopt(fakeLedger(), withInstances(instance({ state })));
      expect(discrepancies).toHaveLength(1);
    },
  );

  it.each(["shutting-down", "terminated"] as const)("do not count when they are %s", async (state) => {
    const { discrepancies, unknown } = await adopt(fakeLedger(), withInstances(instance({ state })));
    expect([discrepancies, unknown]).toEqual([[], {}]);
  });

  it("do not count while their runner is open", async () => {
    const seen = { ...withInstances(instance()), runners: [aRunner({ resourceId: INSTANCE })] };
    expect((await adopt(fakeLedger(), seen)).discrepancies).toEqual([]);
  });

  const { resourceId: _, ...unlaunched } = aRunner({ attempt: 2, launchedFor: { jobId: 7, attempt: 2 } });
  const theirs = anAttempt({ attempt: 2, runnerId: 9001 });

  it("I-19: are given to the runner that they were launched for", async () => {
    const ledger = fakeLedger();
    await store(ledger, theirs, unlaunched);
    expect((await adopt(ledger, withInstances(instance()))).discrepancies).toEqual([]);
    const owner = await ledger.runner(9001);
    expect(owner).toMatchObject({ version: 2, resourceId: INSTANCE, times: { CREATED: NOW, LAUNCHED: NOW } });
    expect(owner?.adopted).toBeUndefined();
  });

  it.each<[string, Attempt, Runner]>([
    ["has an instance", theirs, { ...unlaunched, resourceId: "i-2" }],
    ["is on Lambda", theirs, { ...unlaunched, provider: "LAMBDA" }],
    ["was launched for another job", theirs, { ...unlaunched, launchedFor: { jobId: 8, attempt: 2 } }],
    ["was launched for another attempt", theirs, { ...unlaunched, launchedFor: { jobId: 7, attempt: 1 } }],
    ["is another attempt's", { ...theirs, attempt: 1 }, unlaunched],
  ])("are not given to one that %s", async (_says, attempt, runner) => {
    const ledger = fakeLedger();
    await store(ledger, attempt, runner);
    expect((await adopt(ledger, withInstances(instance()))).discrepancies).toHaveLength(1);
    expect((await ledger.runner(9001))?.version).toBe(1);
  });

  it.each<[string, Partial<StartedRunner>, number]>([
    ["two minutes ago", { state: "GONE", times: { GONE: NOW - 2 * MINUTE } }, 1],
    ["a moment less ago", { state: "GONE", times: { GONE: NOW - 2 * MINUTE + 1 } }, 0],
    ["at a time that nobody noted", { state: "GONE", times: {} }, 0],
    ["not yet", { state: "ENDING", times: { ENDING: NOW - HOUR } }, 0],
  ])("P-7: that outlived their runner are named when it went %s", async (_says, patch, count) => {
    const ledger = fakeLedger();
    await store(ledger, aRunner({ resourceId: INSTANCE, ...patch }));
    const { discrepancies, unknown } = await adopt(ledger, withInstances(instance()));
    const event = {
      detailType: "RunnerEnded",
      runnerId: 9001,
      resourceId: INSTANCE,
      reason: "instance-remaining",
    };
    expect(discrepancies).toEqual(Array.from({ length: count }, () => ({ kind: "runner-ended", event })));
    expect(unknown).toEqual({});
  });
});
