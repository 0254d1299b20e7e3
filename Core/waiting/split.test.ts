import fc from "fast-check";
import type { OrderedAttempt, StartedRunner } from "../model/ledger";
import { WAIT_CAUSES, type WaitCause, type WaitMark } from "./causes";
import { waitCounts } from "./counts";
import { bucketOf, endOfBucket, percentileOf } from "./histogram";
import { installSecondsOf } from "./machine-id";
import { blame, carriedOn, enter } from "./marks";
import { firstCause, intervalsOf, sumByCause, totalOf, waitsOf, waitsSoFar } from "./split";

const NOW = Date.UTC(2026, 10, 25, 12);
const SECOND = 1_000;

const anAttempt = (patch: Partial<OrderedAttempt> = {}): OrderedAttempt => ({
  kind: "attempt",
  jobId: 7,
  attempt: 1,
  version: 1,
  state: "LAUNCHED",
  runnerId: 9001,
  order: {
    jobId: 7,
    projectId: 1,
    jobName: "build",
    tags: [],
    queuedAt: NOW,
    runnerClass: { name: "default", type: "EC2", lifetimeSeconds: 1, waitTimeoutSeconds: 1, maxRunners: 1 },
    verified: true,
  },
  classKey: "EC2#default",
  times: {},
  ...patch,
});

const aRunner = (patch: Partial<StartedRunner> = {}): StartedRunner => ({
  kind: "runner",
  runnerId: 9001,
  version: 1,
  state: "STARTING",
  jobId: 7,
  attempt: 1,
  launchedFor: { jobId: 7, attempt: 1 },
  order: anAttempt().order,
  classKey: "EC2#default",
  provider: "EC2",
  nonce: "n",
  launchRound: 0,
  times: {},
  ...patch,
});

const at = (cause: WaitCause, seconds: number): WaitMark => ({ cause, at: NOW + seconds * SECOND });
/** Started, launched after two seconds. */
const LAUNCHED = [at("start", 1), at("boot", 3)];

describe("a job's wait", () => {
  it.each([
    ["no word of the machine", {}, { webhook: 1, start: 2, boot: 57 }],
    [
      "the machine's first request",
      { runnerSeenAt: NOW + 50 * SECOND },
      { webhook: 1, start: 2, boot: 47, assignment: 10 },
    ],
    [
      "the machine's first request and that it installed",
      { runnerSeenAt: NOW + 50 * SECOND, runnerSystemId: "r_I0209abcdef0" },
      { webhook: 1, start: 2, boot: 27, install: 20, assignment: 10 },
    ],
    [
      "a machine that was there before, another job's",
      { runnerSeenAt: NOW - 100 * SECOND, runnerSystemId: "r_I0209abcdef0" },
      { webhook: 1, start: 2, assignment: 57 },
    ],
    [
      "a machine that says it installed longer than it lived",
      { runnerSeenAt: NOW + 50 * SECOND, runnerSystemId: "r_I9999abcdef0" },
      { webhook: 1, start: 2, install: 47, assignment: 10 },
    ],
  ])("I-46: is split by %s", (_, start, seconds) => {
    const waits = waitsOf(anAttempt({ marks: LAUNCHED }), aRunner(), {
      startedAt: NOW + 60 * SECOND,
      ...start,
    });
    expect(waits).toEqual(
      Object.fromEntries(Object.entries(seconds).map(([cause, s]) => [cause, s * SECOND])),
    );
  });

  it("I-46: begins when GitLab says, not when the look-up saw it", () => {
    const start = { startedAt: NOW + 60 * SECOND, queuedSeconds: 61.25 };
    expect(waitsOf(anAttempt({ marks: LAUNCHED }), aRunner(), start)).toEqual({
      webhook: 2_250,
      start: 2 * SECOND,
      boot: 57 * SECOND,
    });
  });

  it("I-46: takes what held its runner's launch back from the runner, where another one took the job", () => {
    const runner = aRunner({ holds: [at("capacity", 3), at("launch-rate", 20)] });
    expect(waitsOf(anAttempt({ marks: [at("start", 1)] }), runner, { startedAt: NOW + 60 * SECOND })).toEqual(
      {
        webhook: 1 * SECOND,
        start: 2 * SECOND,
        capacity: 17 * SECOND,
        "launch-rate": 40 * SECOND,
      },
    );
  });

  it("I-46: counts from the moment when its runner got another job, whatever its next one took", () => {
    const busy = aRunner({ state: "BUSY", busyJobId: 8, times: { BUSY: NOW + 40 * SECOND } });
    const carried = carriedOn(anAttempt({ marks: LAUNCHED }), busy);
    const marks = [at("start", 42), at("slot", 44), at("start", 50), at("boot", 51)].reduce(
      (all, mark) => enter(all, mark.cause, mark.at),
      carried ?? [],
    );
    expect(waitsOf(anAttempt({ marks }), aRunner(), { startedAt: NOW + 60 * SECOND })).toEqual({
      webhook: 1 * SECOND,
      start: 2 * SECOND,
      boot: 37 * SECOND,
      exchange: 14 * SECOND,
      slot: 6 * SECOND,
    });
  });

  it("I-46: counts a start that failed for the failure, and what AWS refused for itself", () => {
    const failed = blame([at("start", 1), at("capacity", 2), at("boot", 9)], "failed");
    expect(failed).toEqual([at("start", 1), at("capacity", 2), at("failed", 9)]);
    expect(blame([at("start", 1), at("gitlab", 2)], "failed")).toEqual([at("start", 1), at("gitlab", 2)]);
  });

  it("I-46 F-56: is told of what an earlier version stored: all that it knows is the launch", () => {
    const attempt = anAttempt({ times: { LAUNCHED: NOW + 10 * SECOND } });
    expect(waitsOf(attempt, undefined, { startedAt: NOW + 60 * SECOND })).toEqual({
      other: 10 * SECOND,
      boot: 50 * SECOND,
    });
  });

  it("I-46 F-56: counts a cause that only a newer version knows as other", () => {
    const marks = [{ cause: "comet" as WaitCause, at: NOW + SECOND }];
    expect(waitsSoFar(anAttempt({ marks }), undefined, NOW + 3 * SECOND)).toEqual({
      webhook: SECOND,
      other: 2 * SECOND,
    });
  });

  it("I-46: takes no more than sixteen marks, however often it waits in and out of queues: the shortest give way", () => {
    let marks: readonly WaitMark[] = enter([at("start", 0)], "exchange", NOW + 5 * SECOND);
    for (let round = 1; round <= 100; round += 1) {
      marks = enter(marks, "slot", NOW + round * 60 * SECOND);
      // Each claim takes a second of a minute.
      marks = enter(marks, "start", NOW + (round * 60 + 59) * SECOND);
    }
    // Two hundred marks were entered, and sixteen are kept at most.
    expect(marks.length).toBeLessThanOrEqual(16);
    // Two intervals that a short one parted become one, so it may be some fewer.
    expect(marks.length).toBeGreaterThan(10);
    const waits = sumByCause(intervalsOf(NOW, NOW + 6_060 * SECOND, marks));
    expect(totalOf(waits)).toBe(6_060 * SECOND);
    expect(waits.start).toBe(5 * SECOND);
    // 59 s of each minute is 98 %.
    expect(waits.slot).toBeGreaterThan(0.95 * 6_060 * SECOND);
  });

  it("I-46 I-33: is a partition of the time, whatever the marks and whoever's clocks are wrong", () => {
    const mark = fc.record({
      cause: fc.constantFrom(...WAIT_CAUSES),
      at: fc.integer({ min: -100_000, max: 200_000 }),
    });
    const seen = fc.record(
      {
        runnerSeenAt: fc.integer({ min: -100_000, max: 200_000 }),
        runnerSystemId: fc.constant("r_I0409abcdef0"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 30 }), fc.nat(100_000), seen, (raw, length, machine) => {
        const marks = raw.reduce<readonly WaitMark[]>((all, each) => enter(all, each.cause, each.at), []);
        let reached = 0;
        for (const { from, to } of intervalsOf(0, length, marks, machine)) {
          expect(from).toBe(reached);
          expect(to).toBeGreaterThan(from);
          reached = to;
        }
        expect(reached).toBe(length);
      }),
    );
  });
});

describe("what a wait counts", () => {
  it("I-46 I-47: is its causes, its bucket, and the first cause of a miss", () => {
    expect(waitCounts({ webhook: 500, slot: 200_000, boot: 20_000 }, true)).toEqual({
      waits: 1,
      waitMs: 220_500,
      [`bucket:${bucketOf(220_500)}`]: 1,
      "wait:webhook": 500,
      "wait:slot": 200_000,
      "wait:boot": 20_000,
      over3min: 1,
      missed: 1,
      "missed:slot": 1,
    });
    expect(waitCounts({ boot: 180_000 }, false)).toEqual({
      waits: 1,
      waitMs: 180_000,
      [`bucket:${bucketOf(180_000)}`]: 1,
      "wait:boot": 180_000,
    });
  });

  it.each([
    [{}, undefined],
    [{ boot: 0 }, undefined],
    [{ slot: 5, boot: 5 }, "slot"],
    [{ slot: 4, boot: 5 }, "boot"],
  ])("I-47: %j is first for %s", (waits, cause) => {
    expect(firstCause(waits)).toBe(cause);
  });
});

describe("percentiles", () => {
  it("I-46: are at most three tenths above the exact ones", () => {
    fc.assert(
      fc.property(
        // From half a second, where the first bucket ends, to an hour and a half, within the last that ends.
        fc.array(fc.integer({ min: 500, max: 5_400_000 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (waits, share) => {
          const counts: number[] = [];
          for (const wait of waits) counts[bucketOf(wait)] = (counts[bucketOf(wait)] ?? 0) + 1;
          const exact =
            [...waits].sort((one, other) => one - other)[Math.ceil(share * waits.length) - 1] ?? 0;
          const found = percentileOf(counts, share) ?? 0;
          expect(found).toBeGreaterThanOrEqual(exact);
          // A bucket's end is rounded to a millisecond.
          expect(found).toBeLessThanOrEqual(1.3 * exact + 1);
        },
      ),
    );
  });

  it("I-46: are none of nothing, and longer waits than any bucket's end are in the last one", () => {
    expect(percentileOf([], 0.5)).toBeUndefined();
    expect(bucketOf(Number.MAX_SAFE_INTEGER)).toBe(37);
    expect(endOfBucket(0)).toBe(500);
  });
});

describe("a machine's id", () => {
  it.each([
    ["r_I0419abcdef0", 41],
    ["r_0123456789ab", 0],
    ["s_I0419abcdef0", 0],
    ["r_I0419ABCDEF0", 0],
    [undefined, 0],
  ])("I-46: %s says that it installed for %d s", (id, seconds) => {
    expect(installSecondsOf(id)).toBe(seconds);
  });
});
