import type { LedgerReader } from "../../Core/ledger/reader";
import {
  type AccountSettings,
  accountRunnerId,
  type JobAccount,
  type JobAccountCode,
  jobAccount,
} from "../../Core/model/job-account";
import { type Attempt, lastAttempts, type Runner, type Time } from "../../Core/model/ledger";

/** Jobs by what a person would say of them. */
export interface JobAccounts {
  /** They have no runner, and will get one by themselves. Oldest first. */
  readonly waiting: readonly JobAccount[];
  /** Their start is under way. */
  readonly starting: readonly JobAccount[];
  readonly running: readonly JobAccount[];
  /** Nothing goes on by itself. Newest first. */
  readonly stuck: readonly JobAccount[];
}

type Kind = keyof JobAccounts;

const KINDS: Readonly<Record<JobAccountCode, Kind | "over">> = {
  "waits-for-slot": "waiting",
  "waits-for-resume": "waiting",
  "waits-for-launch-rate": "waiting",
  "waits-for-gitlab": "waiting",
  "waits-for-budget": "waiting",
  "start-under-way": "starting",
  "start-stopped": "waiting",
  "launch-under-way": "starting",
  "launch-stopped": "waiting",
  "launch-held-capacity": "waiting",
  "launch-held-limit": "waiting",
  "launch-held-rate": "waiting",
  "launch-held-not-ready": "waiting",
  "launch-held-spot-role": "waiting",
  "launch-held-other": "waiting",
  "launch-held-no-answer": "waiting",
  "runner-starting": "starting",
  "runner-unknown": "stuck",
  "next-attempt": "waiting",
  "given-up": "stuck",
  running: "running",
  "runner-lost": "stuck",
  "runner-ending": "over",
  "record-remaining": "over",
  ended: "over",
  "ended-at-lifetime": "over",
  "ended-with-instance": "over",
};

const queuedAt = ({ attempt, since }: JobAccount): Time => attempt.order?.queuedAt ?? since ?? 0;

/**
 * How each job stands, of which the ledger has an open or failed attempt.
 *
 * @param runners those that are not gone; one that is is read for itself
 */
export const jobAccounts = async (
  ledger: LedgerReader,
  attempts: readonly Attempt[],
  runners: readonly Runner[],
  now: Time,
  settings: AccountSettings,
): Promise<JobAccounts> => {
  const known = new Map(runners.map((runner) => [runner.runnerId, runner]));
  const accounts = await Promise.all(
    lastAttempts(attempts).map(async (attempt) => {
      const id = attempt.state === "FAILED" ? undefined : accountRunnerId(attempt);
      const runner = id === undefined ? undefined : (known.get(id) ?? (await ledger.runner(id)));
      return jobAccount(attempt, runner, now, settings);
    }),
  );
  const of = (kind: Kind): readonly JobAccount[] =>
    accounts.filter(({ code }) => KINDS[code] === kind).sort((one, other) => queuedAt(one) - queuedAt(other));
  return {
    waiting: of("waiting"),
    starting: of("starting"),
    running: of("running"),
    stuck: of("stuck").toReversed(),
  };
};
