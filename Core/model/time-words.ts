/** Times and durations in words for people. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number): string => String(value).padStart(2, "0");

/** A duration for people: `820 ms`, `4.2 s`, `3 min 07 s`, `2 h 05 min`, `3 d 4 h`. */
export const duration = (milliseconds: number): string => {
  const value = Math.max(0, milliseconds);
  if (value < SECOND) return `${Math.round(value)} ms`;
  if (value < MINUTE) return `${(value / SECOND).toFixed(1)} s`;
  if (value < HOUR)
    return `${Math.floor(value / MINUTE)} min ${two(Math.floor((value % MINUTE) / SECOND))} s`;
  if (value < DAY) return `${Math.floor(value / HOUR)} h ${two(Math.floor((value % HOUR) / MINUTE))} min`;
  return `${Math.floor(value / DAY)} d ${Math.floor((value % DAY) / HOUR)} h`;
};

/** A time in UTC: `2026-11-25 16:33:52`. */
export const moment = (time: number): string => new Date(time).toISOString().slice(0, 19).replace("T", " ");
