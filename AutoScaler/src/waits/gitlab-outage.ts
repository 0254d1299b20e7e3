import type { Time } from "../../../Core/model/ledger";
import type { WaitMark } from "../../../Core/waiting/causes";
import { enter } from "../../../Core/waiting/marks";
import type { Ledger } from "../ports";

/**
 * Since when and until when GitLab could not be asked: a state record in the ledger. A job whose look-up failed for that
 * has no item yet, so nothing can be stored under it. The start that is made for it later reads this instead.
 */
export interface GitLabOutage {
  /** No answer, or 429. */
  readonly cause: "gitlab" | "throttled";
  readonly since: Time;
  readonly until: Time;
}

export const GITLAB_OUTAGE_RECORD = "gitlab-outage";

/** At most one failure is stored in this time, so that the state record is no hot item. */
const STORE_EVERY_MILLISECONDS = 2_000;
/** A failure so long after the last one begins another outage; and so long after one a pass has found what it left. */
const IS_SAME_MILLISECONDS = 180_000;

const isOutage = (value: unknown): value is GitLabOutage =>
  typeof value === "object" &&
  value !== null &&
  "cause" in value &&
  (value.cause === "gitlab" || value.cause === "throttled") &&
  Number.isFinite(Reflect.get(value, "since")) &&
  Number.isFinite(Reflect.get(value, "until"));

const read = async (ledger: Pick<Ledger, "stateRecord">) => {
  const record = await ledger.stateRecord(GITLAB_OUTAGE_RECORD);
  return { version: record?.version ?? 0, ...(isOutage(record?.value) ? { outage: record.value } : {}) };
};

/**
 * Stores that GitLab could not be asked. A failed commit means that somebody else stored it.
 *
 * @param since when the failing call's event came
 */
export const recordOutage = async (
  ledger: Ledger,
  cause: GitLabOutage["cause"],
  since: Time,
  now: Time,
): Promise<void> => {
  const { outage, version } = await read(ledger);
  const isSame = outage !== undefined && outage.cause === cause && now - outage.until < IS_SAME_MILLISECONDS;
  if (isSame && now - outage.until < STORE_EVERY_MILLISECONDS) return;
  const value: GitLabOutage = { cause, since: isSame ? Math.min(outage.since, since) : since, until: now };
  await ledger.commit([{ stateRecord: { name: GITLAB_OUTAGE_RECORD, version: version + 1, value } }]);
};

/**
 * The marks of a job that no webhook started: while GitLab could not be asked, it waited for that.
 *
 * @param pending when it became pending
 * @param foundAt when the pass that found it put its event
 */
export const outageMarks = async (
  ledger: Pick<Ledger, "stateRecord">,
  pending: Time,
  foundAt: Time,
): Promise<readonly WaitMark[]> => {
  const { outage } = await read(ledger);
  const isIts =
    outage !== undefined &&
    outage.until >= pending &&
    outage.since <= foundAt &&
    foundAt - outage.until < IS_SAME_MILLISECONDS;
  return isIts ? enter([], outage.cause, Math.max(outage.since, pending)) : [];
};
