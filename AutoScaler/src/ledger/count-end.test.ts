import { defined } from "../../../Core/defined";
import type { RunnerEndCode } from "../../../Core/model/reasons";
import { usageTtl } from "../../../Core/usage/days";
import { anOrphanRecord, aRunner, NOW } from "../testing/fakes/items";
import { countEnd } from "./count-end";

const HOUR = 3_600_000;
const priced = { market: "spot", pricePerHour: 0.5, times: { LAUNCHED: NOW } } as const;
const withJob = { ...priced, busyJobId: 7 } as const;

const counted = (patch: Parameters<typeof aRunner>[0], jobName = "build", now = NOW + HOUR) =>
  countEnd(aRunner(patch), jobName, now).map((change) => ("count" in change ? change.count : undefined));
const added = (patch: Parameters<typeof aRunner>[0]) => counted(patch)[0]?.add;

describe("the end of a runner counts", () => {
  it("its job, time and cost under its project, class, market and job name, on the day of the end", () => {
    expect(counted(withJob, "test 1/3")).toEqual([
      {
        key: {
          day: "2026-11-25",
          shard: 9001 % 16,
          projectId: 1,
          classKey: "EC2#default",
          market: "spot",
          jobName: "test",
        },
        add: { runners: 1, seconds: 3_600, usd: 0.5, jobs: 1 },
        ttl: usageTtl("2026-11-25"),
      },
    ]);
  });

  it("on the day that it ends on, by UTC", () => {
    const ends = Date.UTC(2026, 11, 1) - 1;
    expect(counted(withJob, "a", ends)[0]?.key.day).toBe("2026-11-30");
    expect(counted(withJob, "a", ends + 1)[0]?.key.day).toBe("2026-12-01");
  });

  it("at the shard of its slot, where it meets others anyway", () => {
    expect(counted({ ...withJob, slot: { stackShard: 3, classShard: 4 } })[0]?.key.shard).toBe(3);
  });

  it.each([
    ["LAMBDA", undefined, "lambda"],
    ["EC2", "on-demand", "on-demand"],
    ["EC2", undefined, "unknown"],
  ] as const)("a runner of %s that was bought %s as %s", (provider, market, as) => {
    const patch = { ...withJob, provider, market: undefined, ...defined({ market }) } as object;
    expect(counted(patch)[0]?.key.market).toBe(as);
  });

  it("one of unknown price as such, so that no sum leaves it out in silence", () => {
    expect(added({ times: { LAUNCHED: NOW }, busyJobId: 7 })).toEqual({
      runners: 1,
      seconds: 3_600,
      unpricedRunners: 1,
      jobs: 1,
    });
  });

  it.each<[RunnerEndCode | undefined, string]>([
    ["no-job", "no-job"],
    [undefined, "no-job"],
    ["never-contacted", "failed-start"],
    ["instance-terminated", "failed-start"],
    ["spot-interruption", "failed-start"],
    ["no-longer-needed", "exchange"],
    ["job-reassigned", "exchange"],
    ["job-canceled-before-pick-up", "canceled"],
  ])("one without a job that ended for %s as waste: %s", (reason, code) => {
    expect(added({ ...priced, ...defined({ reason }) })).toEqual({
      runners: 1,
      seconds: 3_600,
      usd: 0.5,
      wasteRunners: 1,
      wasteUsd: 0.5,
      [`waste:${code}`]: 1,
      [`wasteUsd:${code}`]: 0.5,
    });
  });

  it("one that was lost while its job ran as no waste", () => {
    expect(added({ ...withJob, reason: "spot-interruption" })).not.toHaveProperty("wasteRunners");
  });

  describe("one that was never launched", () => {
    const unlaunched = { times: { CREATED: NOW }, resourceId: undefined } as object;

    it("as a failed start without cost, and not as a runner", () => {
      expect(added({ ...unlaunched, reason: "launch-refused" })).toEqual({
        wasteRunners: 1,
        wasteUsd: 0,
        "waste:failed-start": 1,
        "wasteUsd:failed-start": 0,
      });
    });

    it("not at all when its job was cancelled", () => {
      expect(counted({ ...unlaunched, reason: "job-canceled-before-pick-up" })).toEqual([]);
    });

    it("as one of unknown price when nobody knows whether a function was invoked, or an instance was found", () => {
      expect(added({ ...unlaunched, provider: "LAMBDA", heldBy: "no-answer" })).toMatchObject({
        unpricedRunners: 1,
      });
      expect(added({ ...unlaunched, heldBy: "no-answer", reason: "no-longer-needed" })).toBeUndefined();
      expect(added({ times: { CREATED: NOW } })).toMatchObject({ unpricedRunners: 1 });
    });
  });

  it("an adopted record not at all: it has no project and no machine of its own", () => {
    expect(countEnd(anOrphanRecord(), "build", NOW)).toEqual([]);
  });
});
