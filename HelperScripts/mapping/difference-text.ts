import type { StoredRow } from "../../Core/routing/mapping-state";
import type { Console } from "../console/console";
import { table } from "../console/table";
import type { Difference, MappingChange } from "./difference";
import { rowLabel } from "./row-kinds";

const MAX_ROWS = 40;

const listed = (value: unknown): string => {
  if (value instanceof Set) return listed([...value]);
  if (Array.isArray(value)) return value.map(listed).join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** What a row gives: its fields without the keys. */
const rowContent = (row: StoredRow): string =>
  Object.entries(row)
    .filter(([name]) => name !== "pk" && name !== "sk" && name !== "type")
    .map(([name, value]) => `${name}=${listed(value)}`)
    .join(" ");

/** The settings have no type. */
const typedContent = (row: StoredRow): string => `${String(row.type ?? "")} ${rowContent(row)}`.trim();

const SIGNS = { add: "+", change: "~", remove: "-" } as const;

const cells = (change: MappingChange): readonly string[] => {
  const { what, name, project, tags } = rowLabel(change.row);
  const is = typedContent(change.row);
  const was = change.kind === "change" ? typedContent(change.was) : "";
  const content = was ? `${was} → ${is}` : is;
  return [SIGNS[change.kind], what, project, name, tags, content];
};

/** The difference as a table, `+` added, `~` changed, `-` removed. */
export const differenceText = (console: Console, { changes, others }: Difference): string => {
  const { green, yellow, red } = console.colours;
  const paint = (cell: string, column: number): string => {
    if (column !== 0) return cell;
    return cell === "+" ? green(cell) : cell === "~" ? yellow(cell) : red(cell);
  };
  const shown = changes.slice(0, MAX_ROWS).map(cells);
  const lines = [table(console, ["", "", "project", "name", "tags", "gets"], shown, paint)];
  if (changes.length > MAX_ROWS) lines.push(`… and ${changes.length - MAX_ROWS} more`);
  if (others.length > 0) {
    const rows = others.length === 1 ? "One row is" : `${others.length} rows are`;
    lines.push(`${rows} in the table and not in the document, and will stay: --prune removes them.`);
  }
  return lines.join("\n");
};
