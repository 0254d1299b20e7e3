import Table from "cli-table3";
import { safe } from "../../Core/safe-text";
import type { Console } from "./console";

/** A table for people: a line a row, as wide as it needs. Cells are made safe here; colour them by `paint`. */
export const table = (
  console: Console,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number) => string = (cell) => cell,
): string => {
  const made = new Table({
    head: head.map((each) => console.colours.bold(each)),
    style: { head: [], border: [], compact: true },
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
  made.push(...rows.map((row) => row.map((cell, column) => paint(safe(cell), column))));
  return made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
};
