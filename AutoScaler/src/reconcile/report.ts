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
  if (jobsFound > 0) {
    metric("JobsFoundByReconciler", jobsFound);
    // Starts count the jobs. With a nought the alarm on the share of jobs found has both numbers even when nothing starts.
    metric("JobsSeen", 0);
  }
  for (const kind of KINDS) {
    if (count(put, kind) > 0) metric("EventsByReconciler", count(put, kind), { kind });
  }
  for (const [part, each] of byPart(failures)) metric("ReconcilerFailures", each.length, { part });
  return { kind: "reconciled", events: put.length, jobsFound, failures: failureTexts(failures) };
};

/** Puts the metrics of a pass and returns its report. A pass that finds nothing puts none. */
export const reportOf = (
  dependencies: Pick<ReconcilerDependencies, "metric">,
  snapshot: Pick<Snapshot, "jobs">,
  put: readonly Discrepancy[],
  failures: readonly PassFailure[],
): Reconciled => {
  if (snapshot.jobs.size > 0) dependencies.metric("JobsSeenByReconciler", snapshot.jobs.size);
  return reportOfEvents(dependencies, put, failures);
};

/** Several reports of one minute as one. */
export const together = (reports: readonly Reconciled[]): Reconciled => ({
  kind: "reconciled",
  events: reports.reduce((sum, { events }) => sum + events, 0),
  jobsFound: reports.reduce((sum, { jobsFound }) => sum + jobsFound, 0),
  failures: reports.flatMap(({ failures }) => failures),
});
