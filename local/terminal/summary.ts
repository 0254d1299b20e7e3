import Table from "cli-table3";
import pc from "picocolors";
import type { AccountStatus, RemainingResources } from "../gitlab/page/laptop-status";
import { type Row, seconds } from "./row";
import { coloured } from "./view";

const HEAD = ["Job", "State", "Ran on", "Steps", "Last lines of its log"];

const stepLines = ({ steps }: Row): string =>
  steps.map(({ name, ms }) => `${name.padEnd(12)}${seconds(ms).padStart(7)}`).join("\n");

/** All columns but the last one, which gets what is left of the terminal's width. */
const COLUMNS = [16, 10, 9, 23] as const;
const FRAME = COLUMNS.reduce<number>((sum, width) => sum + width + 1, 2);
/** Narrower than that a log cannot be read, and the terminal may wrap the lines. */
const MIN_LOG = 12;

const PADDING = 2;

/** The table wraps lines at blanks alone, and cuts off a longer word, e.g. a path. */
const breakable = (text: string, width: number): string =>
  text.replaceAll(new RegExp(`\\S{${width}}(?=\\S)`, "g"), "$& ");

/** The table at the end of the sample pipeline. @param columns the terminal's width */
export const summaryTable = (rows: readonly Row[], columns: number): string => {
  const logWidth = Math.max(MIN_LOG, columns - FRAME);
  const table = new Table({
    head: HEAD,
    wordWrap: true,
    colWidths: [...COLUMNS, logWidth],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const log = [...row.lastLines.slice(-4), ...(row.reason ? [`(${row.reason})`] : [])].join("\n");
    const cells = [row.name, coloured(row.status), row.provider || "none", stepLines(row)];
    table.push([...cells, breakable(log, logWidth - PADDING)]);
  }
  return table.toString();
};

export const hasNothingRemaining = ({ runners, instances, microVms, ledger }: RemainingResources): boolean =>
  runners + instances + microVms + ledger === 0;

/** The remaining resources after the jobs, counted in GitLab, EC2 and the ledger. */
export const remainingText = (remaining: RemainingResources): string => {
  const sentence = `Remaining: ${remaining.runners} runner records in GitLab, ${remaining.instances} instances, ${remaining.microVms} MicroVMs, ${remaining.ledger} open ledger items.`;
  return hasNothingRemaining(remaining) ? pc.green(sentence) : pc.red(sentence);
};

/** What the limits of the account refused meanwhile; undefined where there are none. */
export const refusedText = (account: AccountStatus | undefined): string | undefined =>
  account &&
  `Refused by the account's limits: ${account.refused.map(({ name, value, refused }) => `${name} (${value}) ${refused}`).join(", ") || "nothing"}.`;
