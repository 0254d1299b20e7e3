import { aJob, aLook, anAttempt, aRunner, NOW } from "../fakes/items";
import { jobEvent } from "../our-events";
import type { Discrepancy, Snapshot } from "./look";
import type { PassFailure } from "./parts";
import type { SweepDependencies } from "./pass";
import { reportOf } from "./report";

const found = (kind: Discrepancy["kind"], isNew = false): Discrepancy => ({
  kind,
  event: jobEvent(aJob()),
  isNew,
});

/** What a sweep returns and the metrics that it gives, in order. */
const report = (seen: Snapshot, put: readonly Discrepancy[] = [], failures: readonly PassFailure[] = []) => {
  const metrics: unknown[][] = [];
  const world = {
    metric: (name: string, value: number, dimensions?: object) =>
      metrics.push(dimensions ? [name, value, dimensions] : [name, value]),
  } as unknown as SweepDependencies;
  return { result: reportOf(world, seen, put, failures), metrics };
};

describe("what a sweep reports", () => {
  it("is all nought where nothing is", () => {
    expect(report(aLook())).toEqual({
      result: { kind: "swept", events: 0, jobsFound: 0, failures: [] },
      metrics: [
        ["WaitingJobs", 0],
        ["OldestWaitingSeconds", 0],
        ["JobsSeenBySweep", 0],
        ["JobsFoundBySweep", 0],
        ["RunnersOpen", 0],
        ["SweepsCompleted", 1],
      ],
    });
  });

  it("F-1: counts jobs, those that no hook told of, runners, events by kind and failures", () => {
    const seen = aLook({ jobs: new Map([[7, aJob()]]), runners: [aRunner(), aRunner()] });
    const put = [found("pending", true), found("pending"), found("ended")];
    const failures: readonly PassFailure[] = [
      { part: "project", what: 3, error: "TransientError down" },
      { part: "instances", error: "TransientError throttled" },
      { part: "project", what: 4, error: "TransientError down" },
    ];
    const { result, metrics } = report(seen, put, failures);
    expect(result).toEqual({
      kind: "swept",
      events: 3,
      jobsFound: 1,
      failures: ["project 3: TransientError down (and 1 more)", "instances: TransientError throttled"],
    });
    expect(metrics).toEqual([
      ["WaitingJobs", 0],
      ["OldestWaitingSeconds", 0],
      ["JobsSeenBySweep", 1],
      ["JobsFoundBySweep", 1],
      ["RunnersOpen", 2],
      ["EventsBySweep", 2, { kind: "pending" }],
      ["EventsBySweep", 1, { kind: "ended" }],
      ["SweepFailures", 2, { part: "project" }],
      ["SweepFailures", 1, { part: "instances" }],
      ["SweepsCompleted", 1],
    ]);
  });

  it("I-26: says how long the oldest has waited, never less than nothing", () => {
    const since = (time?: number) =>
      anAttempt({ state: "WAITING", times: time === undefined ? {} : { WAITING: time } });
    const oldest = (...times: readonly (number | undefined)[]) =>
      report(aLook({ waiting: times.map(since) })).metrics[1];
    expect(oldest(NOW - 5_000, NOW - 90_000, undefined)).toEqual(["OldestWaitingSeconds", 90]);
    expect(oldest(NOW + 5_000)).toEqual(["OldestWaitingSeconds", 0]);
    expect(oldest(undefined)).toEqual(["OldestWaitingSeconds", 0]);
  });
});
