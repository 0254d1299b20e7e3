import pc from "picocolors";
import { safe } from "../../Core/safe-text";
import { type Row, seconds } from "./row";

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  success: pc.green,
  failed: pc.red,
  running: pc.cyan,
  pending: pc.yellow,
  canceled: pc.dim,
};

export const coloured = (status: string): string => (COLOURS[status] ?? String)(status);

const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;

const stepsText = ({ steps }: Row): string =>
  steps.map(({ name, ms }) => `${name} ${seconds(ms)}`).join(", ");

const lineOf = (row: Row, width: number): string[] => {
  const head = `${row.name.padEnd(16)} ${coloured(row.status.padEnd(9))} ${row.provider.padEnd(7)}`;
  const log = row.reason ?? row.lastLines.at(-1);
  return [
    `  ${head} ${pc.dim(cut(stepsText(row), Math.max(10, width - 38)))}`,
    ...(log === undefined ? [] : [`    ${pc.dim(cut(`│ ${log}`, width - 6))}`]),
  ];
};

/** Shows the jobs while they run. */
export interface View {
  show(rows: readonly Row[]): void;
  /** Writes a line that stays. */
  say(line: string): void;
  /** Keeps the rows shown last; later output goes below them. */
  finish(): void;
  /** How many columns there are at this moment. */
  columns(): number;
}

/** Where the width is unknown. */
const USUAL_COLUMNS = 112;

/** For a terminal: one block of lines that is redrawn in place. */
export const liveView = (out: NodeJS.WriteStream): View => {
  let shown: readonly string[] = [];
  const columns = (): number => out.columns || USUAL_COLUMNS;
  // Moves up to the block's first line, then clears and rewrites each line.
  const draw = (above: readonly string[], block: readonly string[]): void => {
    const up = shown.length > 0 ? `\u001b[${shown.length}A` : "";
    out.write(`${up}${[...above, ...block].map((line) => `\u001b[2K${line}\n`).join("")}\u001b[0J`);
    shown = block;
  };
  return {
    show: (rows) =>
      draw(
        [],
        rows.flatMap((row) => lineOf(row, columns())),
      ),
    say: (line) => draw([cut(safe(line), columns())], shown),
    finish: () => {
      shown = [];
    },
    columns,
  };
};

/** For other outputs: a line for each change of a job's status. */
export const plainView = (write: (line: string) => void, now: () => number): View => {
  const shown = new Map<number, string>();
  let since: number | undefined;
  return {
    show: (rows) => {
      since ??= now();
      for (const row of rows) {
        const state = [row.status, row.provider, row.reason].filter(Boolean).join(" ");
        if (shown.get(row.id) === state) continue;
        shown.set(row.id, state);
        write(`  [${seconds(now() - since).padStart(7)}] ${row.name} (job ${row.id}): ${state}`);
      }
    },
    say: write,
    finish: () => undefined,
    columns: () => USUAL_COLUMNS,
  };
};
