import { TransientError } from "../../../Core/errors";
import type { LedgerItem } from "../../../Core/model/ledger";
import type { Ledger, LedgerChange } from "../ports";

const sorted = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, field]) => field !== undefined)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([key, field]) => [key, sorted(field)]),
      )
    : value;

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

const stored = async (ledger: Ledger, item: LedgerItem): Promise<LedgerItem | undefined> => {
  if (item.kind === "orphan") return ledger.orphan(item.resourceId);
  if (item.kind === "runner") return ledger.runner(item.runnerId);
  return (await ledger.attempts(item.jobId)).find(({ attempt }) => attempt === item.attempt);
};

/**
 * Commits the changes. After a lost answer it commits again (F-18): the second try either writes, or fails on
 * the version that the first one wrote. The changes must contain a `put`.
 *
 * @returns as Ledger.commit
 * @throws TransientError if the outcome stays unknown
 */
export const commit = async (ledger: Ledger, changes: readonly LedgerChange[]): Promise<boolean> => {
  try {
    return await ledger.commit(changes);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    if (await ledger.commit(changes)) return true;
    const put = changes.flatMap((change) => ("put" in change ? [change.put] : []))[0];
    return put !== undefined && isSame(await stored(ledger, put), put);
  }
};

const TRIES = 10;

/**
 * Reads, computes and commits, and starts again if another execution changed the items first (F-17).
 *
 * @param step returns the changes to commit, and the result; without changes nothing is committed
 * @throws TransientError after ten conflicts in a row
 */
export const retryOnConflict = async <Result>(
  ledger: Ledger,
  step: () => Promise<{ readonly changes: readonly LedgerChange[]; readonly result: Result }>,
): Promise<Result> => {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const { changes, result } = await step();
    if (changes.length === 0 || (await commit(ledger, changes))) return result;
  }
  throw new TransientError("Others changed the same items of the ledger again and again");
};
