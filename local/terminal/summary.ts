import Table from "cli-table3";
import pc from "picocolors";
import type { AccountStatus, RemainingResources } from "../gitlab/page/laptop-status";
import { type Row, seconds } from "./row";
import { coloured } from "./view";

const HEAD = ["Job", "State", "Ran on", "Steps", "Last lines of its log"];

const stepLines = ({ steps }: Row): string =>
  steps.map(({ name, ms }) => `${name.padEnd(12)}${seconds(ms).padStart(7)}`).join("\n");

/** The table at the end of the sample pipeline. */
export const summaryTable = (rows: readonly Row[]): string => {
  const table = new Table({
    head: HEAD,
    wordWrap: true,
    colWidths: [16, 10, 9, 23, 48],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const log = [...row.lastLines.slice(-4), ...(row.reason ? [`(${row.reason})`] : [])].join("\n");
    table.push([row.name, coloured(row.status), row.provider || "none", stepLines(row), log]);
  }
  return table.toString();
};

export const hasNothingRemaining = ({ runners, instances, ledger }: RemainingResources): boolean =>
  runners + instances + ledger === 0;

/** The remaining resources after the jobs, counted in GitLab, EC2 and the ledger. */
export const remainingText = (remaining: RemainingResources): string => {
  const sentence = `Remaining: ${remaining.runners} runner records in GitLab, ${remaining.instances} instances, ${remaining.ledger} open ledger items.`;
  return hasNothingRemaining(remaining) ? pc.green(sentence) : pc.red(sentence);
};

/** What the limits of the account refused meanwhile; undefined where there are none. */
export const refusedText = (account: AccountStatus | undefined): string | undefined =>
  account &&
  `Refused by the account's limits: ${account.refused.map(({ name, value, refused }) => `${name} (${value}) ${refused}`).join(", ") || "nothing"}.`;
