import { defined } from "../../../Core/defined";
import {
  type Attempt,
  advanceRunner,
  isLastAttempt,
  type Runner,
  type Time,
  touch,
} from "../../../Core/model/ledger";
import type { InstallFailure } from "../../../Core/model/reasons";
import { costOf } from "../../../Core/pricing/cost";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import { releaseSlot } from "../limits/slots";
import type { LedgerChange } from "../ports";
import { type Freed, freedSlot } from "../queue/freed";

type GoneDependencies = Pick<Dependencies, "ledger" | "clock">;

export interface Going {
  /** GitLab confirmed that the record is deleted. Otherwise the reconciler deletes it later. */
  readonly recordDeleted: boolean;
  /** Found by tag, because the ledger had no id. */
  readonly resourceId?: string;
  /** EC2's reason for the end of the instance, for people. */
  readonly detail?: string;
  /** What the machine's console said, for people. */
  readonly installFailure?: InstallFailure;
}

const gonePatch = (runner: Runner, { recordDeleted, ...found }: Going, now: Time) =>
  defined({ ...found, recordDeletedAt: recordDeleted ? (runner.recordDeletedAt ?? now) : undefined });

const goneRunner = (runner: Runner, going: Going, now: Time): Runner =>
  runner.state === "GONE"
    ? touch(runner, gonePatch(runner, going, now))
    : advanceRunner(runner, "GONE", now, {
        ...gonePatch(runner, going, now),
        lease: undefined,
        slot: undefined,
      });

const isAsWished = (runner: Runner, going: Going): boolean =>
  runner.state === "GONE" && (runner.recordDeletedAt !== undefined || !going.recordDeleted);

/** Adds the runner's cost to the attempt that it served, and what EC2 and the console say to an attempt that failed. */
const attemptChanges = (
  attempt: Attempt | undefined,
  runner: Runner,
  { detail, installFailure }: Going,
  now: Time,
): readonly LedgerChange[] => {
  const patch = defined({
    cost: costOf(runner, now),
    ...(attempt?.state === "FAILED" ? { detail, installFailure } : {}),
  });
  const isServed = attempt !== undefined && attempt.runnerId === runner.runnerId;
  return isServed && Object.keys(patch).length > 0 ? [{ put: touch(attempt, patch) }] : [];
};

/** The job whose attempt failed with this runner, if the job gets another attempt. */
const failedJobOf = (attempts: readonly Attempt[], { runnerId }: Runner): number | undefined => {
  const last = attempts.at(-1);
  const isDue = last?.state === "FAILED" && last.runnerId === runnerId && !isLastAttempt(last);
  return isDue ? last.jobId : undefined;
};

const freedOf = (runner: Runner, attempts: readonly Attempt[]): Freed | undefined => {
  const freed = freedSlot(runner.classKey);
  return freed && { ...freed, ...defined({ failedJobId: failedJobOf(attempts, runner) }) };
};

/**
 * Stores that the runner is gone, and releases its slot in the same transaction.
 *
 * @returns the slot that became free
 */
export const storeGone = (
  { ledger, clock }: GoneDependencies,
  runnerId: number,
  going: Going,
): Promise<Freed | undefined> =>
  retryOnConflict(ledger, async () => {
    const runner = await ledger.runner(runnerId);
    if (runner === undefined || isAsWished(runner, going)) return { changes: [], result: undefined };
    const now = clock.now();
    const slot = runner.state === "GONE" ? [] : releaseSlot(runner);
    const attempts = await ledger.attempts(runner.jobId);
    const served = attempts.find(({ attempt }) => attempt === runner.attempt);
    const ofAttempt = runner.state === "GONE" ? [] : attemptChanges(served, runner, going, now);
    const changes: LedgerChange[] = [{ put: goneRunner(runner, going, now) }, ...slot, ...ofAttempt];
    return { changes, result: slot.length > 0 ? freedOf(runner, attempts) : undefined };
  });
