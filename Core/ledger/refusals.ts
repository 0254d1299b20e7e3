import type { Time } from "../model/ledger";

/** 403: the project has CI/CD switched off. 404: it is deleted, or the token's user is no member. */
export const REFUSED_STATUSES = [403, 404] as const;
export type RefusedStatus = (typeof REFUSED_STATUSES)[number];

/**
 * A project that refuses the list of its jobs: its CI/CD is switched off, it is deleted, or the token's user
 * is no member any more. This concerns the project alone and does not mean that GitLab is down. It is asked
 * less and less often.
 */
export interface Refusal {
  readonly status: RefusedStatus;
  /** Time of the first refusal in a row. */
  readonly since: Time;
  /** Time of the last refusal. */
  readonly at: Time;
  /** Number of refusals in a row. */
  readonly count: number;
}

/** By project id. */
export type Refusals = Readonly<Record<string, Refusal>>;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Two minutes after a refusal, then four, eight and so on, but at least once a day. */
const pauseAfter = (count: number): number => Math.min(DAY, MINUTE * 2 ** count);

/** When the project is asked next. */
export const nextAsk = ({ at, count }: Refusal): Time => at + pauseAfter(count);

/**
 * True if a project is to be asked in this pass. A job seen since its refusal shows that it is back. A
 * refusal in the future comes from another machine's clock (I-33).
 *
 * @param seenAt when something was last heard of a job of the project
 */
export const isToBeAsked = (refusal: Refusal | undefined, seenAt: Time | undefined, now: Time): boolean =>
  refusal === undefined || now < refusal.at || now >= nextAsk(refusal) || (seenAt ?? 0) > refusal.at;

export const refusedAgain = (before: Refusal | undefined, status: RefusedStatus, now: Time): Refusal => ({
  status,
  since: before?.since ?? now,
  at: now,
  count: (before?.count ?? 0) + 1,
});

/**
 * GitLab has not known the project for a day, and no open item, mapping or membership named it since.
 *
 * @param lastNamed when one of these last named it
 */
export const isGone = (refusal: Refusal | undefined, lastNamed: Time, now: Time): boolean =>
  refusal?.status === 404 && now - refusal.since >= DAY && now - lastNamed >= DAY;
