import { type BadRow, type Checked, checkRange, isBad } from "../routing/field-checks";

/** Below it the fast alarm could never ring: five times as many misses as are allowed would be more than all jobs. */
const MIN_PERCENT = 80;
const MAX_PERCENT = 99.9;
const MAX_SECONDS = 86_400;

const LIKE = 'must be like { "seconds": 60, "percent": 95 }';

const checkPercent = (value: unknown): Checked =>
  typeof value === "number" && value >= MIN_PERCENT && value <= MAX_PERCENT
    ? { value }
    : { problem: `must be a number from ${MIN_PERCENT} to ${MAX_PERCENT}` };

/** Both numbers, and nothing else. */
export const checkObjective = (value: unknown): Checked => {
  const { seconds, percent, ...others }: Readonly<Record<string, unknown>> = Object(value);
  const isComplete = seconds !== undefined && percent !== undefined;
  if (Array.isArray(value) || !isComplete || Object.keys(others).length > 0) return { problem: LIKE };
  const checked: readonly (readonly [string, Checked])[] = [
    ["seconds", checkRange(seconds, 1, MAX_SECONDS, "seconds")],
    ["percent", checkPercent(percent)],
  ];
  const bad = checked.flatMap(([name, each]) => (isBad(each) ? [problemOf(name, each)] : []))[0];
  return bad === undefined ? { value } : { problem: bad };
};

const problemOf = (name: string, { problem }: BadRow): string => `has a ${name} that ${problem}`;
