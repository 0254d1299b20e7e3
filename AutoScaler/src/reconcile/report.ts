import type { ReconcilerDependencies } from "./context";
import { byPart, type PassFailure } from "./parts";
import type { Discrepancy, Snapshot } from "./snapshot";

export interface Reconciled {
  readonly kind: "reconciled";
  readonly events: number;
  /** Jobs found without a webhook. A rising number shows that a webhook is switched off (F-1). */
  readonly jobsFound: number;
  /** The parts that failed, each with its code and first error. The other parts were done. */
  readonly failures: readonly string[];
}

export type PassReport = { readonly kind: "skipped" } | Reconciled;

const KINDS = ["pending", "running", "ended", "runner-ended"] as const;

const count = (discrepancies: readonly Discrepancy[], kind: Discrepancy["kind"]): number =>
  discrepancies.filter((discrepancy) => discrepancy.kind === kind).length;

const countWaiting = ({ metric }: ReconcilerDependencies, { waiting, now }: Snapshot): void => {
  // Whoever waits for a budget waits as the operator said, perhaps for weeks: no alarm tells of it.
  const hindered = waiting.filter(({ waitingFor }) => waitingFor !== "budget");
  const since = hindered.map(({ times }) => times.WAITING ?? now);
  const oldest = since.length === 0 ? 0 : Math.max(0, (now - Math.min(...since)) / 1000);
  metric("WaitingJobs", waiting.length);
  metric("OldestWaitingSeconds", oldest);
};

/** One text for each part, since a GitLab that is down causes hundreds of failures. */
const failureTexts = (failures: readonly PassFailure[]): readonly string[] =>
  [...byPart(failures)].map(([part, [first, ...others]]) => {
    const what = first?.what === undefined ? "" : ` ${first.what}`;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return `${part}${what}: ${first?.error}${more}`;
  });

/** Puts the metrics of events and failures, and says the same as a report. */
export const reportOfEvents = (
  { metric }: Pick<ReconcilerDependencies, "metric">,
  put: readonly Discrepancy[],
  failures: readonly PassFailure[],
): Reconciled => {
  const jobsFound = put.filter(({ isNew }) => isNew).length;
  metric("JobsFoundByReconciler", jobsFound);
  for (const kind of KINDS) {
    if (count(put, kind) > 0) metric("EventsByReconciler", count(put, kind), { kind });
  }
  for (const [part, each] of byPart(failures)) metric("ReconcilerFailures", each.length, { part });
  return { kind: "reconciled", events: put.length, jobsFound, failures: failureTexts(failures) };
};

/** Puts the metrics of a pass and returns its report. */
export const reportOf = (
  dependencies: ReconcilerDependencies,
  snapshot: Snapshot,
  put: readonly Discrepancy[],
  failures: readonly PassFailure[],
): Reconciled => {
  countWaiting(dependencies, snapshot);
  dependencies.metric("JobsSeenByReconciler", snapshot.jobs.size);
  dependencies.metric("RunnersOpen", snapshot.runners.length);
  // Starts count the jobs. With a nought the alarm on the share of jobs found has both numbers even when nothing starts.
  dependencies.metric("JobsSeen", 0);
  const report = reportOfEvents(dependencies, put, failures);
  dependencies.metric("PassesCompleted", 1);
  return report;
};

/** Several reports of one minute as one. */
export const together = (reports: readonly Reconciled[]): Reconciled => ({
  kind: "reconciled",
  events: reports.reduce((sum, { events }) => sum + events, 0),
  jobsFound: reports.reduce((sum, { jobsFound }) => sum + jobsFound, 0),
  failures: reports.flatMap(({ failures }) => failures),
});
