import type { ReconcilerDependencies } from "./context";
import { byPart, type PassFailure } from "./parts";
import type { Discrepancy, Snapshot } from "./snapshot";

export type PassReport =
  | { readonly kind: "skipped" }
  | {
      readonly kind: "reconciled";
      readonly events: number;
      /** Jobs found without a webhook. A rising number shows that a webhook is switched off (F-1). */
      readonly jobsFound: number;
      /** The parts that failed, each with its code and first error. The other parts were done. */
      readonly failures: readonly string[];
    };

const KINDS = ["pending", "running", "ended", "runner-ended"] as const;

const count = (discrepancies: readonly Discrepancy[], kind: Discrepancy["kind"]): number =>
  discrepancies.filter((discrepancy) => discrepancy.kind === kind).length;

const countWaiting = ({ metric }: ReconcilerDependencies, { waiting, now }: Snapshot): void => {
  const since = waiting.map(({ times }) => times.WAITING ?? now);
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

/** Puts the metrics of a pass and returns its report. */
export const reportOf = (
  dependencies: ReconcilerDependencies,
  snapshot: Snapshot,
  put: readonly Discrepancy[],
  failures: readonly PassFailure[],
): PassReport => {
  const jobsFound = put.filter(({ isNew }) => isNew).length;
  countWaiting(dependencies, snapshot);
  dependencies.metric("JobsSeenByReconciler", snapshot.jobs.size);
  dependencies.metric("JobsFoundByReconciler", jobsFound);
  dependencies.metric("RunnersOpen", snapshot.runners.length);
  // Starts count the jobs. With a nought the alarm on the share of jobs found has both numbers even when nothing starts.
  dependencies.metric("JobsSeen", 0);
  for (const kind of KINDS) {
    if (count(put, kind) > 0) dependencies.metric("EventsByReconciler", count(put, kind), { kind });
  }
  for (const [part, each] of byPart(failures))
    dependencies.metric("ReconcilerFailures", each.length, { part });
  dependencies.metric("PassesCompleted", 1);
  return { kind: "reconciled", events: put.length, jobsFound, failures: failureTexts(failures) };
};
