import { defined } from "../../Core/defined";
import type { Attempt } from "../../Core/model/ledger";
import { failureText } from "../../Core/model/reason-words";
import type { LaptopJob, LaptopStatus } from "../gitlab/page/laptop-status";
import type { LedgerView } from "./ledger-view";

const stepsOf = ({ times }: Attempt): { name: string; at: number }[] =>
  Object.entries(times)
    .map(([name, at]) => ({ name, at }))
    .sort((one, other) => one.at - other.at);

const jobOf = (attempt: Attempt): LaptopJob => ({
  jobId: attempt.jobId,
  ...defined({ provider: attempt.order?.runnerClass.type }),
  attempt: attempt.attempt,
  steps: stepsOf(attempt),
  ...defined({
    resourceId: attempt.resourceId,
    market: attempt.market,
    cost: attempt.cost,
    reason: attempt.reason && failureText(attempt),
  }),
});

/** The last attempt of each job. */
export const jobsOf = ({ attempts }: LedgerView): readonly LaptopJob[] => {
  const last = new Map<number, Attempt>();
  for (const attempt of attempts) {
    if ((last.get(attempt.jobId)?.attempt ?? 0) < attempt.attempt) last.set(attempt.jobId, attempt);
  }
  return [...last.values()].map(jobOf);
};

/** What the page and the terminal show in addition to GitLab's view. */
export const laptopStatus = (
  ledger: LedgerView,
  found: { readonly runnerRecords: number; readonly instances: number },
): LaptopStatus => ({
  jobs: jobsOf(ledger),
  remaining: { runners: found.runnerRecords, instances: found.instances, ledger: ledger.open },
});
