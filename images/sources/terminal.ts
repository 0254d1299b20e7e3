import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a command wrote, as a picture of a terminal. The text is what it really wrote. */
export interface TerminalPicture {
  /** Of the files: `<name>.txt` here, `<name>.svg` and `<name>.png` above. */
  readonly name: string;
  readonly command: string;
}

export const WHY: TerminalPicture = { name: "why", command: "npx runners why 15000000001" };

const FONT_SIZE = 13;
/** Of the fonts that are named below none is wider. */
const CHARACTER = 8;
const LINE = 19;
const MARGIN = 20;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const linesOf = ({ name, command }: TerminalPicture): readonly string[] => [
  `$ ${command}`,
  ...readFileSync(join(__dirname, `${name}.txt`), "utf8")
    .trimEnd()
    .split("\n"),
];

/** Pixels. */
export const terminalSize = (
  picture: TerminalPicture,
): { readonly width: number; readonly height: number } => {
  const lines = linesOf(picture);
  return {
    width: Math.max(...lines.map((line) => line.length)) * CHARACTER + 2 * MARGIN,
    height: lines.length * LINE + 2 * MARGIN,
  };
};

/** Dark on light and dark pages alike: a terminal is. */
export const drawTerminal = (picture: TerminalPicture): string => {
  const { width, height } = terminalSize(picture);
  const texts = linesOf(picture).map((line, at) => {
    const y = MARGIN + FONT_SIZE + at * LINE;
    const colour = at === 0 ? "#7ee787" : "#e6edf3";
    return line === ""
      ? ""
      : `  <text x="${MARGIN}" y="${y}" fill="${colour}" xml:space="preserve">${escaped(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT_SIZE}">`,
    `  <title>What ${escaped(picture.command)} wrote</title>`,
    `  <rect width="${width}" height="${height}" rx="8" fill="#0d1117" stroke="#6e7681"/>`,
    ...texts.filter(Boolean),
    "</svg>",
    "",
  ].join("\n");
};
