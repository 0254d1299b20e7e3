import { jobEvent } from "../events";
import { aJob, aSnapshot } from "../testing/fakes/items";
import type { ReconcilerDependencies } from "./context";
import type { PassFailure } from "./parts";
import { reportOf } from "./report";
import type { Discrepancy, Snapshot } from "./snapshot";

const found = (kind: Discrepancy["kind"], isNew = false): Discrepancy => ({
  kind,
  event: jobEvent(aJob()),
  isNew,
});

/** What a pass returns and the metrics that it gives, in order. */
const report = (seen: Snapshot, put: readonly Discrepancy[] = [], failures: readonly PassFailure[] = []) => {
  const metrics: unknown[][] = [];
  const system = {
    metric: (name: string, value: number, dimensions?: object) =>
      metrics.push(dimensions ? [name, value, dimensions] : [name, value]),
  } as unknown as ReconcilerDependencies;
  return { result: reportOf(system, seen, put, failures), metrics };
};

describe("what a pass reports", () => {
  it("is nothing where nothing is: each metric costs money while it is sent", () => {
    expect(report(aSnapshot())).toEqual({
      result: { kind: "reconciled", events: 0, jobsFound: 0, failures: [] },
      metrics: [],
    });
  });

  it("F-1: counts jobs, those that no webhook told of, events by kind and failures", () => {
    const seen = aSnapshot({ jobs: new Map([[7, aJob()]]) });
    const put = [found("pending", true), found("pending"), found("ended")];
    const failures: readonly PassFailure[] = [
      { part: "project", what: 3, error: "TransientError down" },
      { part: "instances", error: "TransientError throttled" },
      { part: "project", what: 4, error: "TransientError down" },
    ];
    const { result, metrics } = report(seen, put, failures);
    expect(result).toEqual({
      kind: "reconciled",
      events: 3,
      jobsFound: 1,
      failures: ["project 3: TransientError down (and 1 more)", "instances: TransientError throttled"],
    });
    expect(metrics).toEqual([
      ["JobsSeenByReconciler", 1],
      ["JobsFoundByReconciler", 1],
      ["JobsSeen", 0],
      ["EventsByReconciler", 2, { kind: "pending" }],
      ["EventsByReconciler", 1, { kind: "ended" }],
      ["ReconcilerFailures", 2, { part: "project" }],
      ["ReconcilerFailures", 1, { part: "instances" }],
    ]);
  });
});
