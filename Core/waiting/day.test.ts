import type { UsageCount } from "../usage/usage-reader";
import { waitsByClass } from "./day";

/** What is counted of a day's jobs, by class. */

const counted = (classKey: string, numbers: UsageCount["numbers"]): UsageCount => ({
  subject: { day: "2026-11-25", projectId: 1, classKey, market: "spot", jobName: "build" },
  numbers,
});

describe("the waits of a day", () => {
  it("I-46: are summed by class, most jobs first, and of one without a job that began there are none", () => {
    const waits = waitsByClass([
      counted("EC2#big", { waits: 1, "wait:boot": 40_000, "bucket:3": 1 }),
      counted("LAMBDA#default", { waits: 2, "wait:start": 500, "missed:slot": 1, "bucket:1": 2 }),
      counted("LAMBDA#default", { waits: 3, "wait:start": 700, "bucket:1": 3 }),
      counted("EC2#none", { runners: 1, usd: 2 }),
    ]);
    expect(waits.map(({ classKey, jobs, causes, missed }) => [classKey, jobs, causes, missed])).toEqual([
      ["LAMBDA#default", 5, { start: 1_200 }, { slot: 1 }],
      ["EC2#big", 1, { boot: 40_000 }, {}],
    ]);
  });

  it("I-46: whose buckets nobody filled have no percentile", () => {
    expect(waitsByClass([counted("EC2#big", { waits: 1 })])).toMatchObject([{ p50: 0, p95: 0, p99: 0 }]);
  });
});
