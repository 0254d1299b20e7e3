import Table from "cli-table3";
import { safe } from "../../Core/safe-text";
import type { Console } from "./console";

const GAP = 1;
/** With the blank that the table puts between two columns. */
const BETWEEN = GAP + 1;

const longestWord = (text: string): number => Math.max(0, ...text.split(/\s+/).map((word) => word.length));

interface Column {
  readonly natural: number;
  /** Its longest word: narrower would break one. */
  readonly least: number;
}

const columnsOf = (rows: readonly (readonly string[])[]): readonly Column[] => {
  const count = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, index) => {
    const cells = rows.map((row) => row[index] ?? "");
    return {
      natural: Math.max(0, ...cells.map((cell) => cell.length)),
      least: Math.max(0, ...cells.map(longestWord)),
    };
  });
};

/** Widths that fit: the widest column gives way first, and none breaks a word. What cannot fit stays too wide. */
const widthsWithin = (columns: readonly Column[], width: number): readonly number[] => {
  const widths = columns.map(({ natural }) => natural);
  const sum = (): number => widths.reduce((all, each) => all + each + BETWEEN, -BETWEEN);
  while (sum() > width) {
    const givers = widths.map((each, index) => (each > (columns[index]?.least ?? 0) ? each : 0));
    const widest = Math.max(...givers);
    if (widest <= 0) break;
    widths[givers.indexOf(widest)] = widest - 1;
  }
  return widths;
};

/** A table for people: as wide as it needs, within the terminal's width. Cells are made safe here; colour them by `paint`. */
export const table = (
  console: Console,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number) => string = (cell) => cell,
): string => {
  const cells = rows.map((row) => row.map(safe));
  const columns = columnsOf([head, ...cells]);
  const made = new Table({
    colWidths: widthsWithin(columns, console.width).map((each) => each + GAP),
    wordWrap: true,
    wrapOnWordBoundary: true,
    head: head.map((each) => console.colours.bold(each)),
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": GAP },
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      right: "",
      "right-mid": "",
      mid: "",
      "mid-mid": "",
      middle: " ",
    },
  });
  made.push(...cells.map((row) => row.map(paint)));
  return made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
};
