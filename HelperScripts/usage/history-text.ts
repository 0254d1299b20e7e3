import { safe } from "../../Core/safe-text";
import { meanSeconds, type NameUsage } from "../../Core/usage/sums";
import type { UsageNumbers } from "../../Core/usage/usage-reader";
import { percentilesOf } from "../../Core/waiting/day";
import type { Console } from "../console/console";
import { table } from "../console/table";
import { dollars, duration, plural } from "../console/words";
import { adviceText } from "./advice-words";
import type { History } from "./history";

const CAUSE = /^wait:(.+)$/;
const MAX_CAUSES = 3;

/** `slot 40 %, boot 30 %`. */
const causes = (numbers: UsageNumbers): string => {
  const { waitMs = 0 } = numbers;
  const shares = Object.entries(numbers).flatMap(([name, value]) => {
    const cause = CAUSE.exec(name)?.[1];
    return cause === undefined || waitMs === 0 ? [] : [{ cause, share: Math.round((100 * value) / waitMs) }];
  });
  return shares
    .sort((one, other) => other.share - one.share)
    .slice(0, MAX_CAUSES)
    .filter(({ share }) => share > 0)
    .map(({ cause, share }) => `${cause} ${share} %`)
    .join(", ");
};

const classRow = ([of, numbers]: readonly [string, UsageNumbers]): readonly string[] => {
  const { p50, p95, p99 } = percentilesOf(numbers);
  const waited = [p50, p95, p99].map((milliseconds) => (numbers.waits ? `≤ ${duration(milliseconds)}` : "–"));
  return [of, String(numbers.jobs ?? 0), dollars(numbers.usd ?? 0), ...waited, causes(numbers) || "–"];
};

const nameRow = (usage: NameUsage): readonly string[] => [
  usage.name,
  String(usage.numbers.jobs ?? 0),
  dollars(usage.numbers.usd ?? 0),
  duration(meanSeconds(usage) * 1_000),
];

const CLASS_COLUMNS = ["class", "jobs", "cost", "waits: p50", "p95", "p99", "most of it for"];
const NAME_COLUMNS = ["name", "jobs", "cost", "time of one"];

/** For people: what there was, and what to change. */
export const historyText = (console: Console, history: History): string => {
  const { period, total, groups, advice } = history;
  const { bold } = console.colours;
  const names = (title: string, of: readonly NameUsage[]): readonly string[] =>
    of.length === 0 ? [] : ["", title, table(console, NAME_COLUMNS, of.map(nameRow))];
  const title = `${period.from} to ${period.to} (UTC): ${plural(total.jobs ?? 0, "job")}, ${dollars(total.usd ?? 0)}`;
  const classes = Object.entries(groups);
  return [
    bold(title),
    ...(classes.length === 0 ? [] : [table(console, CLASS_COLUMNS, classes.map(classRow))]),
    ...names("Dearest jobs", history.dearest),
    ...names("Slowest jobs", history.slowest),
    ...(advice.length === 0 ? [] : ["", ...advice.map((each) => `→ ${safe(adviceText(each))}`)]),
  ].join("\n");
};
