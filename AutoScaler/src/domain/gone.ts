import { type Attempt, advanceRunner, type Runner, type Time, touch } from "../../../Core/ledger";
import { costOf } from "./close-attempt";
import { follow } from "./commit";
import type { Dependencies } from "./dependencies";
import { type Freed, freedSlot } from "./freed";
import { giveBack } from "./places";
import type { LedgerChange } from "./ports";

type GoneDependencies = Pick<Dependencies, "ledger" | "clock">;

export interface Going {
  /** GitLab confirmed that the record is gone; otherwise the sweep deletes it later. */
  readonly recordDeleted: boolean;
  /** Found by tag, when the ledger knew none. */
  readonly resourceId?: string;
}

const gonePatch = (runner: Runner, { recordDeleted, resourceId }: Going, now: Time) => ({
  ...(recordDeleted ? { recordDeletedAt: runner.recordDeletedAt ?? now } : {}),
  ...(resourceId === undefined ? {} : { resourceId }),
});

const goneRunner = (runner: Runner, going: Going, now: Time): Runner =>
  runner.state === "GONE"
    ? touch(runner, gonePatch(runner, going, now))
    : advanceRunner(runner, "GONE", now, {
        ...gonePatch(runner, going, now),
        lease: undefined,
        place: undefined,
      });

const isAsWished = (runner: Runner, going: Going): boolean =>
  runner.state === "GONE" && (runner.recordDeletedAt !== undefined || !going.recordDeleted);

/** What it cost goes to the item of the job that it served. */
const costChanges = (attempt: Attempt | undefined, runner: Runner, now: Time): readonly LedgerChange[] => {
  const cost = costOf(runner, now);
  if (attempt === undefined || cost === undefined || attempt.runnerId !== runner.runnerId) return [];
  return [{ put: touch(attempt, { cost }) }];
};

/**
 * Stores that nothing of a runner is left; its place goes back in the same transaction.
 *
 * @returns the place that became free
 */
export const storeGone = (
  { ledger, clock }: GoneDependencies,
  runnerId: number,
  going: Going,
): Promise<Freed | undefined> =>
  follow(ledger, async () => {
    const runner = await ledger.runner(runnerId);
    if (runner === undefined || isAsWished(runner, going)) return { changes: [], result: undefined };
    const now = clock.now();
    const place = runner.state === "GONE" ? [] : giveBack(runner);
    const served = (await ledger.attempts(runner.jobId)).find(({ attempt }) => attempt === runner.attempt);
    const cost = runner.state === "GONE" ? [] : costChanges(served, runner, now);
    const changes: LedgerChange[] = [{ put: goneRunner(runner, going, now) }, ...place, ...cost];
    return { changes, result: place.length > 0 ? freedSlot(runner.classKey) : undefined };
  });
