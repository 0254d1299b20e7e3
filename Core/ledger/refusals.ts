import type { Time } from "../model/ledger";

/** 403: CI/CD is switched off in the project. 404: it is gone, or the token's user is no member. */
export const REFUSED_STATUSES = [403, 404] as const;
export type RefusedStatus = (typeof REFUSED_STATUSES)[number];

/**
 * Projects that refuse the list of their jobs: CI/CD is switched off there, the project is gone, or the token's user is
 * no member any more. That is the project's own matter and no sign of a GitLab that is down. Each is asked less and
 * less often.
 */
export interface Refusal {
  readonly status: RefusedStatus;
  /** The first of the refusals in a row. */
  readonly since: Time;
  /** The last one. */
  readonly at: Time;
  /** How many there were in a row. */
  readonly count: number;
}

/** By project id. */
export type Refusals = Readonly<Record<string, Refusal>>;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** After two minutes, then four, eight and so on; once a day at least. */
const pauseAfter = (count: number): number => Math.min(DAY, MINUTE * 2 ** count);

/** When the project is to be asked next. */
export const nextAsk = ({ at, count }: Refusal): Time => at + pauseAfter(count);

/**
 * Whether a project is to be asked in this pass. A job that was seen since it refused shows that it is back. A refusal
 * from the future is another machine's clock (I-33).
 *
 * @param seenAt when a job of the project was last heard of
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
 * GitLab has not known the project for a day, and nothing has named it for as long: no open item, mapping or membership.
 *
 * @param lastNamed when something last did
 */
export const isGone = (refusal: Refusal | undefined, lastNamed: Time, now: Time): boolean =>
  refusal?.status === 404 && now - refusal.since >= DAY && now - lastNamed >= DAY;
