import { grows, slope, type TrendSample } from "./trend";

/** The same for every run: a value between 0 and 1 that looks random. */
const noise = (index: number): number => (Math.sin(index * 12.9898) * 43_758.5453) % 1;
const samples = (count: number, y: (x: number) => number): TrendSample[] =>
  Array.from({ length: count }, (_, x) => ({ x, y: y(x) }));

it.each<[string, (x: number) => number, boolean]>([
  ["values that vary", (x) => 100 + 5 * noise(x), false],
  ["one high value", (x) => (x === 10 ? 900 : 100 + noise(x)), false],
  ["a wave", (x) => 100 + 10 * Math.sin(x), false],
  ["falling values", (x) => 100 - 3 * x, false],
  ["a leak in the noise", (x) => 100 + 2 * x + 5 * noise(x), true],
  ["a leak that begins half-way", (x) => 100 + Math.max(0, x - 9) * 4 + noise(x), true],
  ["growth of no more than is allowed", (x) => 100 + 0.4 * x, false],
])("L-9: a trend is told from chance: %s", (_case, y, isGrowing) => {
  expect(grows(samples(20, y), 0.5)).toBe(isGrowing);
});

it("tells by how much", () => {
  expect(slope(samples(20, (x) => 7 + 3 * x))).toBe(3);
});
