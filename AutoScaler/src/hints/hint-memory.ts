import type { JobEvent } from "../../../Core/model/job-event";
import type { Time } from "../../../Core/model/ledger";

type Hint = Pick<JobEvent, "projectId" | "jobId" | "status">;

/** Longer, and a job that was named before it existed would wait longer than for one pass. */
const KEPT_MILLISECONDS = 60_000;
/** Some hundred bytes each. */
const MAX_ENTRIES = 5_000;

/** Keys of the last minute, of which the oldest go when there are too many. */
class LastMinute {
  readonly #times = new Map<string, Time>();

  add(key: string, now: Time): void {
    this.#times.delete(key);
    this.#times.set(key, now);
    const [oldest] = this.#times.keys();
    if (this.#times.size > MAX_ENTRIES && oldest !== undefined) this.#times.delete(oldest);
  }

  /** A time from the future is that of a clock that was set back (I-33). */
  has(key: string, now: Time): boolean {
    const at = this.#times.get(key);
    return at !== undefined && now >= at && now - at < KEPT_MILLISECONDS;
  }
}

const jobKey = ({ projectId, jobId }: Hint): string => `${projectId}/${jobId}`;
const hintKey = (hint: Hint): string => `${jobKey(hint)}/${hint.status}`;

/**
 * What a function's environment remembers of webhooks for a minute, in memory alone: another environment asks GitLab
 * once more. The reconciler's events never come by here, so what is remembered in error costs a job one pass.
 */
export class HintMemory {
  readonly #inVain = new LastMinute();
  readonly #answered = new LastMinute();
  readonly #spent = new Set<string>();
  #minute = 0;

  /** GitLab has no such job of that project, or nothing is to be done for it. */
  wasInVain(hint: Hint, now: Time): void {
    this.#inVain.add(jobKey(hint), now);
  }

  isInVain(hint: Hint, now: Time): boolean {
    return this.#inVain.has(jobKey(hint), now);
  }

  /** GitLab answered a webhook of that job and status. */
  answered(hint: Hint, now: Time): void {
    this.#answered.add(hintKey(hint), now);
  }

  isRepeat(hint: Hint, now: Time): boolean {
    return this.#answered.has(hintKey(hint), now);
  }

  /** A counter has reached its limit, which holds until the minute is over. */
  spend(row: string, minute: number): void {
    this.#forgetBefore(minute);
    this.#spent.add(row);
  }

  isSpent(row: string, minute: number): boolean {
    this.#forgetBefore(minute);
    return this.#spent.has(row);
  }

  #forgetBefore(minute: number): void {
    if (minute !== this.#minute) this.#spent.clear();
    this.#minute = minute;
  }
}
