import { jobEvent } from "../events";
import { aJob, anAttempt, aRunner, aSnapshot, NOW } from "../testing/fakes/items";
import type { ReconcilerDependencies } from "./context";
import { reportOf } from "./report";
import type { Discrepancy, Snapshot } from "./snapshot";

const found = (kind: Discrepancy["kind"], isNew = false): Discrepancy => ({
  kind,
  event: jobEvent(aJob()),
  isNew,
});

/** What a pass returns and the metrics that it gives, in order. */
const report = (seen: Snapshot, put: readonly Discrepancy[] = [], failures: readonly string[] = []) => {
  const metrics: unknown[][] = [];
  const system = {
    metric: (name: string, value: number, dimensions?: object) =>
      metrics.push(dimensions ? [name, value, dimensions] : [name, value]),
  } as unknown as ReconcilerDependencies;
  return { result: reportOf(system, seen, put, failures), metrics };
};

describe("what a pass reports", () => {
  it("is all nought where nothing is", () => {
    expect(report(aSnapshot())).toEqual({
      result: { kind: "reconciled", events: 0, jobsFound: 0, failures: [] },
      metrics: [
        ["WaitingJobs", 0],
        ["OldestWaitingSeconds", 0],
        ["JobsSeenByReconciler", 0],
        ["JobsFoundByReconciler", 0],
        ["RunnersOpen", 0],
        ["PassesCompleted", 1],
      ],
    });
  });

  it("F-1: counts jobs, those that no webhook told of, runners, events by kind and failures", () => {
    const seen = aSnapshot({ jobs: new Map([[7, aJob()]]), runners: [aRunner(), aRunner()] });
    const put = [found("pending", true), found("pending"), found("ended")];
    const { result, metrics } = report(seen, put, ["jobs: TransientError down"]);
    expect(result).toEqual({
      kind: "reconciled",
      events: 3,
      jobsFound: 1,
      failures: ["jobs: TransientError down"],
    });
    expect(metrics).toEqual([
      ["WaitingJobs", 0],
      ["OldestWaitingSeconds", 0],
      ["JobsSeenByReconciler", 1],
      ["JobsFoundByReconciler", 1],
      ["RunnersOpen", 2],
      ["EventsByReconciler", 2, { kind: "pending" }],
      ["EventsByReconciler", 1, { kind: "ended" }],
      ["ReconcilerFailures", 1],
      ["PassesCompleted", 1],
    ]);
  });

  it("I-26: says how long the oldest has waited, never less than nothing", () => {
    const since = (time?: number) =>
      anAttempt({ state: "WAITING", times: time === undefined ? {} : { WAITING: time } });
    const oldest = (...times: readonly (number | undefined)[]) =>
      report(aSnapshot({ waiting: times.map(since) })).metrics[1];
    expect(oldest(NOW - 5_000, NOW - 90_000, undefined)).toEqual(["OldestWaitingSeconds", 90]);
    expect(oldest(NOW + 5_000)).toEqual(["OldestWaitingSeconds", 0]);
    expect(oldest(undefined)).toEqual(["OldestWaitingSeconds", 0]);
  });
});
