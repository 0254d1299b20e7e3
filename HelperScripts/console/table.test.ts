import picocolors from "picocolors";
import type { Console } from "./console";
import { table } from "./table";

const HEAD = ["job", "name", "class", "waits for"];
const ROWS = [
  [
    "3580121225",
    "unit tests: [linux, arm64]",
    "EC2#docker-build",
    "a slot: the class docker-build has 10 of 10 runners",
  ],
  ["1", "lint", "–", "the next pass"],
];

const lines = (width: number, rows = ROWS): readonly string[] => {
  const console = { width, colours: picocolors.createColors(false) } as Console;
  return table(console, HEAD, rows).split("\n");
};

it("is as wide as it needs where there is room: a line a row", () => {
  expect(lines(160)).toHaveLength(3);
});

it.each([60, 80, 100])("fits %d columns and breaks no word", (width) => {
  const shown = lines(width);
  expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(width);
  const words = (text: string): string[] => text.split(/\s+/).filter(Boolean).sort();
  expect(words(shown.join(" "))).toEqual(words([HEAD, ...ROWS].flat().join(" ")));
});

it("stays too wide rather than break a word", () => {
  const long = "x".repeat(90);
  expect(lines(80, [["1", long, "c", "w"]]).join("\n")).toContain(long);
});
