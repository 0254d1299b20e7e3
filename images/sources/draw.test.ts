import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COMPLETED } from "./completed";
import { draw, labelLines } from "./draw";
import { type Picture, type Point, WIDTH } from "./picture";
import { START } from "./start";

interface Box {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A bold letter of DejaVu Sans at 12 pixels, the widest of the fonts that the picture names, is 7.4 wide on average. */
const LETTER = 7.4;

const textBox = ([x, y]: Point, words: string, isCentred: boolean): Box => {
  const width = words.length * LETTER;
  const left = isCentred ? x - width / 2 : x;
  return { name: words, left, right: left + width, top: y - 10, bottom: y + 3 };
};

const labels = ({ parts }: Picture): readonly Box[] =>
  parts.flatMap((part) => labelLines(part).map(([at, line]) => textBox(at, line, true)));

const titles = ({ frames }: Picture): readonly Box[] =>
  frames.map(({ from: [x, y], title }) => textBox([x + 10, y + 17], title, false));

const icons = ({ parts }: Picture): readonly Box[] =>
  parts.map(({ at: [x, y], service }) => ({
    name: `icon of ${service}`,
    left: x - 22,
    right: x + 22,
    top: y - 22,
    bottom: y + 22,
  }));

const sections = ({ arrows }: Picture): readonly Box[] =>
  arrows.flatMap(({ points }) =>
    points.slice(1).map((to, index) => {
      const from = points[index]!;
      return {
        name: `arrow ${from} → ${to}`,
        left: Math.min(from[0], to[0]),
        right: Math.max(from[0], to[0]),
        top: Math.min(from[1], to[1]),
        bottom: Math.max(from[1], to[1]),
      };
    }),
  );

const borders = ({ frames }: Picture): readonly Box[] =>
  frames.flatMap(({ title, from: [left, top], to: [right, bottom] }) => [
    { name: `left border of ${title}`, left, right: left, top, bottom },
    { name: `right border of ${title}`, left: right, right, top, bottom },
    { name: `upper border of ${title}`, left, right, top, bottom: top },
    { name: `lower border of ${title}`, left, right, top: bottom, bottom },
  ]);

const meet = (one: Box, other: Box): boolean =>
  one.left <= other.right && other.left <= one.right && one.top <= other.bottom && other.top <= one.bottom;

const meetings = (some: readonly Box[], others: readonly Box[]): string[] =>
  some.flatMap((one) =>
    others
      .filter((other) => one !== other && meet(one, other))
      .map((other) => `${one.name} meets ${other.name}`),
  );

const svgPath = (name: string): string => join(__dirname, "..", `${name}.svg`);

describe.each([START, COMPLETED])("the picture $name", (picture) => {
  test("is the one that its script draws", () => {
    expect(readFileSync(svgPath(picture.name), "utf8")).toBe(draw(picture));
    expect(existsSync(svgPath(picture.name).replace(/svg$/, "png"))).toBe(true);
  });

  test("keeps every label clear of borders, arrows, icons and other labels", () => {
    const words = [...labels(picture), ...titles(picture)];
    const around = [...borders(picture), ...sections(picture), ...icons(picture), ...words];
    expect(meetings(words, around)).toEqual([]);
  });

  test("is not wider than a README shows it, and has no letter below 12 pixels", () => {
    const sizes = [...draw(picture).matchAll(/(\d+(?:\.\d+)?)px/g)].map(([, size]) => Number(size));
    expect(Math.min(...sizes)).toBe(12);
    expect(draw(picture)).toContain(`viewBox="0 0 ${WIDTH} `);
  });

  test("numbers its steps in order, each once, each with a sentence", () => {
    const numbers = picture.arrows.flatMap(({ step }) => (step ? [step.number] : []));
    expect(numbers.sort((one, other) => one - other)).toEqual(picture.steps.map((_, index) => index + 1));
  });

  test("has frames for the cloud, the region, the stacks and the VPC", () => {
    expect(new Set(picture.frames.map(({ kind }) => kind))).toEqual(
      new Set(["cloud", "region", "stack", "vpc"]),
    );
  });

  test("is readable on a light and a dark page: its own paper, and colours for both", () => {
    expect(draw(picture)).toContain('class="paper"');
    expect(draw(picture)).toContain("@media (prefers-color-scheme: dark)");
  });
});
