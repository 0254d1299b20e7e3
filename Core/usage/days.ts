import type { Time } from "../model/ledger";

const SECONDS_A_DAY = 86_400;
/** A day's counts are kept for so long after it: a roll-up that fails for a week loses nothing. */
export const COUNTS_KEPT_DAYS = 8;

/** UTC, `yyyy-mm-dd`. */
export const dayOf = (time: Time): string => new Date(time).toISOString().slice(0, 10);

/** `yyyy-mm`. */
export const monthOf = (day: string): string => day.slice(0, 7);

/** When a day begins. */
export const dayStart = (day: string): Time => Date.parse(`${day}T00:00:00Z`);

/** The day so many days later; earlier where the number is negative. */
export const daysAfter = (day: string, days: number): string =>
  dayOf(dayStart(day) + days * SECONDS_A_DAY * 1_000);

/** Seconds since 1970; the same for all counts of a day, so that none of them is removed before the others. */
export const usageTtl = (day: string): number =>
  dayStart(day) / 1_000 + (1 + COUNTS_KEPT_DAYS) * SECONDS_A_DAY;
