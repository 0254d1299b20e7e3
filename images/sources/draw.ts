import { type Arrow, type Frame, type Glyph, type Part, type Picture, type Point, WIDTH } from "./picture";

/** Half an icon's side. */
const HALF = 22;
const SMALL = 12;
const LINE = 15;
const STEP_LINE = 20;

/** The colour of each kind of service, and white lines in a square of 24 by 24. */
const GLYPHS: Readonly<Record<Glyph, { readonly colour: string; readonly lines: string }>> = {
  branch: {
    colour: "#c2410c",
    lines: "M7 4v16M7 14c0-4 10-2 10-7M17 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4",
  },
  api: { colour: "#7e22ce", lines: "M8 7l-5 5 5 5M16 7l5 5-5 5M14 5l-4 14" },
  bus: { colour: "#be185d", lines: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 12h16" },
  rule: { colour: "#be185d", lines: "M3 5h18l-7 8v7l-4-2v-5z" },
  clock: { colour: "#be185d", lines: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l4 2" },
  workflow: { colour: "#be185d", lines: "M8 3h8v5H8zM3 16h7v5H3zM14 16h7v5h-7zM12 8v4M6.5 16v-4h11v4" },
  function: { colour: "#c2410c", lines: "M7 4h3l7 16h3M12 9L6 20" },
  table: {
    colour: "#1d4ed8",
    lines: "M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0",
  },
  machine: {
    colour: "#c2410c",
    lines: "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
  },
};

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const text = (at: Point, words: string, attributes: string): string =>
  `<text x="${at[0]}" y="${at[1]}" ${attributes}>${escaped(words)}</text>`;

/** The baselines of a part's lines: its service, then its names. */
export const labelLines = ({ at: [x, y], service, names }: Part): readonly (readonly [Point, string])[] =>
  [service, ...names].map((line, index) => [[x, y + HALF + LINE + index * LINE], line] as const);

const drawPart = (part: Part): string => {
  const { colour, lines } = GLYPHS[part.glyph];
  const [x, y] = part.at;
  return [
    `<rect x="${x - HALF}" y="${y - HALF}" width="${2 * HALF}" height="${2 * HALF}" rx="8" fill="${colour}"/>`,
    `<path d="${lines}" transform="translate(${x - 15} ${y - 15}) scale(1.25)" class="glyph"/>`,
    ...labelLines(part).map(([at, line], index) =>
      text(at, line, `class="${index === 0 ? "service" : "name"}"`),
    ),
  ].join("\n");
};

const drawFrame = ({ kind, title, from, to }: Frame): string =>
  [
    `<rect x="${from[0]}" y="${from[1]}" width="${to[0] - from[0]}" height="${to[1] - from[1]}" rx="6" class="frame ${kind}"/>`,
    text([from[0] + 10, from[1] + 17], title, 'class="title"'),
  ].join("\n");

const drawArrow = ({ points, kind }: Arrow): string =>
  `<polyline points="${points.map((point) => point.join(",")).join(" ")}" class="arrow ${kind}" marker-end="url(#head)"/>`;

const RADIUS = 10;

const drawNumber = (number: number, [x, y]: Point): string =>
  `<circle cx="${x}" cy="${y}" r="${RADIUS}" class="number"/>${text([x, y + 4.5], String(number), 'class="digit"')}`;

const bottomOf = ({ frames }: Picture): number => Math.max(...frames.map(({ to }) => to[1]));

/** The steps' texts below the frames, in two columns, the left one first. */
const drawSteps = (picture: Picture): string => {
  const rows = Math.ceil(picture.steps.length / 2);
  return picture.steps
    .map((words, index) => {
      const x = index < rows ? 30 : WIDTH / 2 + 20;
      const y = bottomOf(picture) + 26 + (index % rows) * STEP_LINE;
      return `${drawNumber(index + 1, [x, y - 4])}${text([x + 18, y], words, 'class="words"')}`;
    })
    .join("\n");
};

/** Readable where no style of the page reaches; the dark colours follow the reader's own setting. */
const STYLE = `
text { font: ${SMALL}px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2937; }
.heading { font-size: 17px; font-weight: 600; }
.service, .name { text-anchor: middle; }
.name, .title { font-weight: 600; }
.words { font-size: 13px; }
.paper { fill: #ffffff; }
.glyph { fill: none; stroke: #ffffff; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.frame { fill: none; stroke-width: 1.3; }
.cloud { stroke: #334155; }
.region { stroke: #0e7490; stroke-dasharray: 4 4; }
.stack { stroke: #be185d; fill: #fdf2f8; }
.vpc { stroke: #6d28d9; fill: #f5f3ff; }
.arrow { fill: none; stroke: #1f2937; stroke-width: 1.5; }
.data { stroke-dasharray: 3 4; }
.number { fill: #1f2937; }
.digit { fill: #ffffff; text-anchor: middle; font-weight: 600; }
.head { fill: #1f2937; }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb; }
  .paper { fill: #0d1117; }
  .cloud { stroke: #94a3b8; }
  .region { stroke: #22d3ee; }
  .stack { stroke: #f472b6; fill: #1f1420; }
  .vpc { stroke: #a78bfa; fill: #191530; }
  .arrow { stroke: #e5e7eb; }
  .number { fill: #e5e7eb; }
  .digit { fill: #0d1117; }
  .head { fill: #e5e7eb; }
}`;

/** Height of the whole picture. */
export const heightOf = (picture: Picture): number =>
  bottomOf(picture) + 26 + Math.ceil(picture.steps.length / 2) * STEP_LINE;

/** The picture as an SVG document that needs no font, script or file of another place. */
export const draw = (picture: Picture): string => {
  const height = heightOf(picture);
  const numbers = picture.arrows.flatMap(({ step }) => (step ? [drawNumber(step.number, step.at)] : []));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(picture.title)}</title>`,
    `<desc>${escaped(picture.steps.map((step, index) => `${index + 1}. ${step}`).join(" "))}</desc>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0l8 4-8 4z" class="head"/></marker></defs>',
    `<rect width="${WIDTH}" height="${height}" rx="8" class="paper"/>`,
    text([16, 24], picture.title, 'class="heading"'),
    ...picture.frames.map(drawFrame),
    ...picture.arrows.map(drawArrow),
    ...picture.parts.map(drawPart),
    ...numbers,
    drawSteps(picture),
    "</svg>",
  ].join("\n")}\n`;
};
