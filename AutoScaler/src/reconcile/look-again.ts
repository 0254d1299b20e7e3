import { putDiscrepancies } from "./collect";
import { READ_AT_ONCE, type ReconcileContext } from "./context";
import { findPending, webhookDueAt } from "./find/pending";
import { type PassFailure, parts } from "./parts";
import { inPortions } from "./read/portions";
import { type Reconciled, reportOfEvents } from "./report";
import type { Discrepancy } from "./snapshot";

const latestOf = ({ notes, snapshot }: ReconcileContext): readonly number[] =>
  [...notes.young].map((job) => webhookDueAt(job, snapshot));

/**
 * Looks again at the jobs whose webhook could still come while they were listed, as soon as it counts as lost. Left to
 * the next pass they would wait a minute longer. GitLab is not asked again: their start does that.
 *
 * @param contexts of the passes of this minute
 * @returns undefined: there were none
 */
export const lookAgain = async (contexts: readonly ReconcileContext[]): Promise<Reconciled | undefined> => {
  const [first] = contexts;
  const dueAt = Math.max(...contexts.flatMap(latestOf));
  if (first === undefined || dueAt === Number.NEGATIVE_INFINITY) return undefined;
  const { dependencies, until } = first;
  const { clock, ledger } = dependencies;
  await clock.sleep(Math.max(0, Math.min(dueAt, until) - clock.now()));
  const failures: PassFailure[] = [];
  const part = parts(failures);
  const now = clock.now();
  const found: Discrepancy[] = [];
  for (const { snapshot, notes, isOurs } of contexts) {
    const find = (job: Parameters<typeof findPending>[2]) =>
      part(
        "pending-job",
        undefined,
        () => findPending(ledger, { ...snapshot, now }, job, isOurs, { ...notes, young: new Set() }),
        job.id,
      );
    const missing = await inPortions([...notes.young], READ_AT_ONCE, find);
    found.push(...missing.filter((discrepancy) => discrepancy !== undefined));
  }
  return reportOfEvents(dependencies, await putDiscrepancies(dependencies, found, part), failures);
};
