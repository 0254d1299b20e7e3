import { ROLL_UP_RECORD, readPeriod } from "../../../Core/usage/period";
import { addUp, NAMES_KEPT } from "../../../Core/usage/sums";
import type { UsageKey } from "../../../Core/usage/usage-key";
import type { UsageNumbers } from "../../../Core/usage/usage-reader";
import { fakeClock, fakeLedger } from "../testing/fakes";
import { faultPlan, withFaults } from "../testing/fakes/faults";
import { rollUp } from "./roll-up";

/** I-40: sums are the sums of what was counted, whatever is repeated, interrupted or late. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 25, 12);

const setUp = (now = NOON) => {
  const ledger = fakeLedger();
  const clock = fakeClock();
  clock.advance(now - clock.now());
  const count = async (day: string, add: UsageNumbers, patch: Partial<UsageKey> = {}): Promise<void> => {
    const key: UsageKey = {
      day,
      shard: 0,
      projectId: 42,
      classKey: "EC2#big",
      market: "spot",
      jobName: "build",
      ...patch,
    };
    await ledger.commit([{ count: { key, add, ttl: 0 } }]);
  };
  const dependencies = { ledger, clock, usage: ledger.usage };
  const read = () =>
    readPeriod(ledger.usage, ledger, { from: "2026-11-01", to: "2026-11-30" }, clock.now()).then(({ days }) =>
      addUp(days.flatMap(({ groups }) => Object.values(groups))),
    );
  return { ledger, clock, count, dependencies, read, rollUp: () => rollUp(dependencies) };
};

describe("a roll-up", () => {
  it("I-40: makes one row a project and day, with the sums of all shards and names by class and market", async () => {
    const { ledger, count, rollUp } = setUp();
    await count("2026-11-24", { jobs: 1, usd: 1 });
    await count("2026-11-24", { jobs: 2, usd: 2 }, { shard: 7, jobName: "test" });
    await count("2026-11-24", { jobs: 4, "wait:slot": 9 }, { classKey: "LAMBDA#default", market: "lambda" });
    await count("2026-11-24", { jobs: 8 }, { projectId: 43 });
    await count("2026-11-23", { jobs: 16 });
    expect(await rollUp()).toEqual({ days: 8, rows: 6 });
    expect(await ledger.usage.days("2026-11")).toEqual([
      { day: "2026-11-23", projectId: 42, groups: { "EC2#big#spot": { jobs: 16 } } },
      {
        day: "2026-11-24",
        projectId: 42,
        groups: {
          "EC2#big#spot": { jobs: 3, usd: 3 },
          "LAMBDA#default#lambda": { jobs: 4, "wait:slot": 9 },
        },
      },
      { day: "2026-11-24", projectId: 43, groups: { "EC2#big#spot": { jobs: 8 } } },
    ]);
  });

  it("I-40: keeps the twenty dearest and the twenty slowest names", async () => {
    const { ledger, count, rollUp } = setUp();
    for (let index = 0; index < 100; index += 1)
      await count("2026-11-24", { jobs: 2, usd: index, seconds: 1_000 - index }, { jobName: `job ${index}` });
    await rollUp();
    const [row] = await ledger.usage.names("2026-11");
    const names = row?.names.map(({ name }) => Number(name.slice(4))) ?? [];
    const expected = [...Array(NAMES_KEPT).keys()].flatMap((index) => [index, 99 - index]);
    expect([...names].sort((one, other) => one - other)).toEqual(
      [...expected].sort((one, other) => one - other),
    );
  });

  it("is made once an hour, and again when the clock was set back", async () => {
    const { clock, rollUp } = setUp();
    expect(await rollUp()).toBeDefined();
    clock.advance(HOUR - 1);
    expect(await rollUp()).toBeUndefined();
    clock.advance(1);
    expect(await rollUp()).toBeDefined();
    clock.advance(-2 * HOUR);
    expect(await rollUp()).toBeDefined();
  });

  it("I-40: counts nothing twice when it is repeated, and writes what has changed alone", async () => {
    const { clock, count, rollUp, read } = setUp();
    await count("2026-11-24", { jobs: 3 });
    await rollUp();
    clock.advance(HOUR);
    expect(await rollUp()).toMatchObject({ rows: 0 });
    expect(await read()).toEqual({ jobs: 3 });
  });

  it("I-40: loses nothing that is counted for a day after its roll-up", async () => {
    const { clock, count, rollUp, read } = setUp();
    await count("2026-11-24", { jobs: 3 });
    await rollUp();
    await count("2026-11-24", { jobs: 4 });
    clock.advance(HOUR);
    expect(await rollUp()).toMatchObject({ rows: 2 });
    expect(await read()).toEqual({ jobs: 7 });
  });

  it("I-40: loses and doubles nothing when it dies at any of its calls", async () => {
    const writes = ["fails", "loses-answer", "dies"] as const;
    for (const kind of writes) {
      for (let at = 0, made = 1; at <= made; at += 1) {
        const { ledger, dependencies, clock, count, read } = setUp();
        for (const day of ["2026-11-23", "2026-11-24", "2026-11-25"]) await count(day, { jobs: 1 });
        const plan = faultPlan(at, kind);
        const broken = {
          ...dependencies,
          ledger: withFaults(ledger, plan, "ledger"),
          usage: withFaults(ledger.usage, plan, "usage"),
        };
        await rollUp(broken).catch(() => undefined);
        made = plan.count;
        expect(await read()).toEqual({ jobs: 3 });
        clock.advance(HOUR);
        await rollUp(dependencies);
        expect(await read()).toEqual({ jobs: 3 });
      }
    }
  });

  it("leaves a day alone until it is complete, and what is read meanwhile comes from the counts", async () => {
    const { ledger, clock, count, rollUp, read } = setUp(Date.UTC(2026, 10, 25) + 6 * HOUR - 1);
    await count("2026-11-24", { jobs: 1 });
    await count("2026-11-25", { jobs: 2 });
    await rollUp();
    expect([await ledger.usage.days("2026-11"), await read()]).toEqual([[], { jobs: 3 }]);
    clock.advance(HOUR);
    await rollUp();
    expect(await ledger.usage.days("2026-11")).toMatchObject([{ day: "2026-11-24" }]);
    expect(await read()).toEqual({ jobs: 3 });
  });

  it("I-40: makes up for a week without one, and never sums up a day whose counts may be removed", async () => {
    const { ledger, clock, count, rollUp, read } = setUp();
    await count("2026-11-24", { jobs: 1 });
    await rollUp();
    for (let day = 25; day <= 29; day += 1) await count(`2026-11-${day}`, { jobs: 1 });
    clock.advance(5 * DAY);
    expect(await read()).toEqual({ jobs: 6 });
    await rollUp();
    expect(await read()).toEqual({ jobs: 6 });
    // TTL removes the counts in whatever order it likes.
    ledger.counts.clear();
    clock.advance(8 * DAY);
    await rollUp();
    expect(await read()).toEqual({ jobs: 6 });
  });

  it("reads the last three days again, and none before that it has read", async () => {
    const { ledger, clock, rollUp } = setUp();
    await rollUp();
    clock.advance(4 * DAY);
    const counts = jest.spyOn(ledger.usage, "counts");
    await rollUp();
    const days = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => `2026-11-${from + index}`);
    expect(counts.mock.calls.map(([day]) => day)).toEqual(days(25, 28));
    counts.mockClear();
    clock.advance(HOUR);
    await rollUp();
    expect(counts.mock.calls.map(([day]) => day)).toEqual(days(26, 28));
  });

  it("begins anew when its record cannot be read", async () => {
    const { ledger, count, rollUp, read } = setUp();
    await ledger.commit([
      { stateRecord: { name: ROLL_UP_RECORD, version: 1, value: { until: 7, at: "?" } } },
    ]);
    await count("2026-11-24", { jobs: 1 });
    await rollUp();
    expect(await read()).toEqual({ jobs: 1 });
  });
});
