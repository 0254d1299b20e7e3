import { defined } from "../../Core/defined";
import { accountRunnerId, type JobAccountCode, jobAccount } from "../../Core/model/job-account";
import { accountText, accountWords } from "../../Core/model/job-account-words";
import { type Attempt, lastAttempts, type Runner, type Time } from "../../Core/model/ledger";
import type { LaptopJob, LaptopStatus } from "../gitlab/page/laptop-status";
import type { LedgerView } from "./ledger-view";

const stepsOf = ({ times }: Attempt): { name: string; at: number }[] =>
  Object.entries(times)
    .map(([name, at]) => ({ name, at }))
    .sort((one, other) => one.at - other.at);

/** What goes as it should is seen without a sentence. */
const UNREMARKABLE: readonly JobAccountCode[] = [
  "start-under-way",
  "launch-under-way",
  "runner-starting",
  "running",
  "runner-ending",
  "record-remaining",
  "ended",
];

const accountOf = (attempt: Attempt, runner: Runner | undefined, now: Time) => {
  const account = jobAccount(attempt, runner, now);
  return UNREMARKABLE.includes(account.code)
    ? {}
    : { reason: accountWords(account).what, account: accountText(account, now) };
};

const jobOf = (attempt: Attempt, runner: Runner | undefined, now: Time): LaptopJob => ({
  jobId: attempt.jobId,
  ...defined({ provider: attempt.order?.runnerClass.type }),
  attempt: attempt.attempt,
  steps: stepsOf(attempt),
  ...defined({ resourceId: attempt.resourceId, market: attempt.market, cost: attempt.cost }),
  ...accountOf(attempt, runner, now),
});

/** The last attempt of each job. */
export const jobsOf = ({ attempts, runners }: LedgerView, now: Time): readonly LaptopJob[] => {
  const known = new Map(runners.map((runner) => [runner.runnerId, runner]));
  return lastAttempts(attempts).map((attempt) =>
    jobOf(attempt, known.get(accountRunnerId(attempt) ?? 0), now),
  );
};

/** What the page and the terminal show in addition to GitLab's view. */
export const laptopStatus = (
  ledger: LedgerView,
  found: { readonly runnerRecords: number; readonly instances: number; readonly microVms: number },
  now: Time = Date.now(),
): LaptopStatus => ({
  jobs: jobsOf(ledger, now),
  remaining: {
    runners: found.runnerRecords,
    instances: found.instances,
    microVms: found.microVms,
    ledger: ledger.open,
  },
});
