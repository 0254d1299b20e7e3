import type { Attempt } from "../../../Core/model/ledger";
import { jobOf, touch } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { concernedAttempts, endAttempt } from "../ledger/close-attempt";
import { commit, retryOnConflict } from "../ledger/commit";
import type { Part } from "./parts";
import type { Discrepancy } from "./snapshot";

type CollectDependencies = Pick<Dependencies, "ledger" | "bus" | "clock">;

const keyOf = ({ kind, event }: Discrepancy): string =>
  event.detailType === "GitLabJobEvent"
    ? `${kind}#${event.job.id}`
    : `runner#${event.runnerId}#${event.resourceId}`;

/** Keeps one event for each job or runner. */
export const unique = (discrepancies: readonly Discrepancy[]): readonly Discrepancy[] => [
  ...new Map(discrepancies.map((discrepancy) => [keyOf(discrepancy), discrepancy] as const)).values(),
];

/** Those that are not among others, which were put before. */
export const without = (
  others: readonly Discrepancy[],
  discrepancies: readonly Discrepancy[],
): readonly Discrepancy[] => {
  const keys = new Set(others.map(keyOf));
  return discrepancies.filter((discrepancy) => !keys.has(keyOf(discrepancy)));
};

const MAX_FAILURES = 3;

/** Stores the dispatch before its event is put. Returns false if another execution changed the item first. */
const markDispatched = async ({ ledger, clock }: CollectDependencies, attempt: Attempt): Promise<boolean> =>
  commit(ledger, [{ put: touch(attempt, { dispatchedAt: clock.now() }) }]);

/** Events of a portion. */
export const AT_ONCE = 20;

const putPortion = async (
  dependencies: CollectDependencies,
  portion: readonly Discrepancy[],
  part: Part,
): Promise<readonly Discrepancy[] | undefined> => {
  const isReady = await Promise.all(
    portion.map(({ dispatches }) =>
      dispatches
        ? part("events", false, () => markDispatched(dependencies, dispatches), dispatches.jobId)
        : true,
    ),
  );
  const ready = portion.filter((_, index) => isReady[index]);
  if (ready.length === 0) return [];
  return part("events", undefined, async () => {
    await dependencies.bus.put(ready.map(({ event }) => event));
    return ready;
  });
};

/**
 * Puts the events of the discrepancies on the bus, in portions. A portion that fails does not stop the next
 * one. After three failures in a row the rest is left to the next pass.
 *
 * @param pauseMilliseconds between two portions
 */
export const putDiscrepancies = async (
  dependencies: CollectDependencies,
  discrepancies: readonly Discrepancy[],
  part: Part,
  pauseMilliseconds = 0,
): Promise<readonly Discrepancy[]> => {
  const put: Discrepancy[] = [];
  let failures = 0;
  for (let start = 0; start < discrepancies.length && failures < MAX_FAILURES; start += AT_ONCE) {
    if (start > 0 && pauseMilliseconds > 0) await dependencies.clock.sleep(pauseMilliseconds);
    const done = await putPortion(dependencies, discrepancies.slice(start, start + AT_ONCE), part);
    failures = done === undefined ? failures + 1 : 0;
    put.push(...(done ?? []));
  }
  return put;
};

/** Closes the attempt of a job that GitLab has deleted: there is no job left to make an event from. */
export const closeDeleted = ({ ledger, clock }: CollectDependencies, { jobId }: Attempt): Promise<void> =>
  retryOnConflict(ledger, async () => {
    const attempts = await ledger.attempts(jobId);
    const changes = concernedAttempts(attempts, undefined).flatMap((attempt) =>
      endAttempt(attempt, { ...jobOf(attempt), status: "deleted" }, clock.now()),
    );
    return { changes, result: undefined };
  });
