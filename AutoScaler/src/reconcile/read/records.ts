import { defined } from "../../../../Core/defined";
import type { ReconcilerState } from "../../../../Core/ledger/reconciler-state";
import type { GitLab, GitLabRunner } from "../../ports";
import type { Budget } from "../budget";

const RECORD_PAGES = 10;

export interface Records {
  readonly records: readonly GitLabRunner[];
  /** Where the next pass goes on. Absent: at the start. */
  readonly recordsCursor?: string;
}

/** Reads GitLab's runner records that the token can see, a few pages a pass. */
export const readRecords = async (
  gitLab: GitLab,
  state: ReconcilerState,
  calls: Budget,
): Promise<Records> => {
  if (gitLab.mode === "payload") return { records: [] };
  const records: GitLabRunner[] = [];
  let cursor = state.recordsCursor;
  for (let page = 0; page < RECORD_PAGES && calls.take(); page += 1) {
    const { items, next } = await gitLab.runners(cursor);
    records.push(...items);
    if (next === undefined) return { records };
    cursor = next;
  }
  return { records, ...defined({ recordsCursor: cursor }) };
};
