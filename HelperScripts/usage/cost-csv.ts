import type { UsageNumbers } from "../../Core/usage/usage-reader";
import type { CostReport } from "./read-cost";

/** What a spreadsheet takes for the beginning of a formula. A job's name comes from outside. */
const FORMULA = /^[=+\-@\t\r]/;

const cell = (text: string): string => {
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

const COLUMNS = ["jobs", "runners", "seconds", "usd", "wasteRunners", "wasteUsd", "unpricedRunners"];

const line = (of: string, numbers: UsageNumbers): string =>
  [cell(of), ...COLUMNS.map((name) => String(numbers[name] ?? 0))].join(",");

/** One line for each row, and one with the names of the columns (RFC 4180, with line feeds). Numbers are unrounded. */
export const costCsv = ({ order, rows }: Pick<CostReport, "order" | "rows">): string =>
  [[order, ...COLUMNS].join(","), ...rows.map(({ of, numbers }) => line(of, numbers))].join("\n");
