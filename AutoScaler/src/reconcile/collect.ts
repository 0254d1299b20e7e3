import type { Attempt } from "../../../Core/model/ledger";
import { touch } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { endAttempt } from "../ledger/close-attempt";
import { commit, retryOnConflict } from "../ledger/commit";
import type { Discrepancy } from "./snapshot";

type CollectDependencies = Pick<Dependencies, "ledger" | "bus" | "clock">;

const keyOf = ({ kind, event }: Discrepancy): string =>
  event.detailType === "GitLabJobEvent"
    ? `${kind}#${event.job.id}`
    : `runner#${event.runnerId}#${event.resourceId}`;

/** One event for one thing. */
export const unique = (discrepancies: readonly Discrepancy[]): readonly Discrepancy[] => [
  ...new Map(discrepancies.map((discrepancy) => [keyOf(discrepancy), discrepancy] as const)).values(),
];

/** Noted before its event goes out, so the next pass knows. False: somebody else has it in hand. */
const markDispatched = async ({ ledger, clock }: CollectDependencies, attempt: Attempt): Promise<boolean> =>
  commit(ledger, [{ put: touch(attempt, { dispatchedAt: clock.now() }) }]);

const AT_ONCE = 20;

/** Puts the events of the discrepancies on the bus, in portions: what has gone out when the reconciler dies is done. */
export const putDiscrepancies = async (
  dependencies: CollectDependencies,
  discrepancies: readonly Discrepancy[],
): Promise<readonly Discrepancy[]> => {
  const put: Discrepancy[] = [];
  for (let start = 0; start < discrepancies.length; start += AT_ONCE) {
    const portion = discrepancies.slice(start, start + AT_ONCE);
    const isReady = await Promise.all(
      portion.map(({ dispatches }) => (dispatches ? markDispatched(dependencies, dispatches) : true)),
    );
    const ready = portion.filter((_, index) => isReady[index]);
    if (ready.length > 0) await dependencies.bus.put(ready.map(({ event }) => event));
    put.push(...ready);
  }
  return put;
};

/** The attempt of a job that GitLab has deleted is closed here: no event could, for there is no job to read. */
export const closeDeleted = ({ ledger, clock }: CollectDependencies, { jobId }: Attempt): Promise<void> =>
  retryOnConflict(ledger, async () => {
    const attempts = await ledger.attempts(jobId);
    const changes = attempts.flatMap((attempt) => endAttempt(attempt, { status: "deleted" }, clock.now()));
    return { changes, result: undefined };
  });
