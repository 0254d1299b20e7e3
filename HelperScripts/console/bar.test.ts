import fc from "fast-check";
import { consoleDouble } from "../testing/console-double";
import { bar, characters } from "./bar";
import { isUnicode } from "./locale";

const PARTS = [
  { name: "a slot", value: 60_000, text: "1 min 00 s" },
  { name: "the machine's boot", value: 30_000, text: "30.0 s" },
  { name: "GitLab's assignment", value: 10, text: "10 ms" },
];

it("shows each part as long as it is, and names it with its share", () => {
  expect(bar(consoleDouble({ width: 33 }), PARTS)).toEqual([
    `${"█".repeat(22)}${"▓".repeat(10)}▒`,
    "█ 1 min 00 s  67 %  a slot",
    "▓     30.0 s  33 %  the machine's boot",
    "▒      10 ms   0 %  GitLab's assignment",
  ]);
});

it("is plain ASCII where a terminal shows no more", () => {
  const lines = bar(consoleDouble({ width: 12, isUnicode: false }), PARTS);
  expect(lines[0]).toBe("aaaaaaaabbbc".slice(0, 12));
  expect(lines.join("\n")).toMatch(/^[ -~\n]+$/);
});

it("fits whatever width there is, and leaves no part out", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 15 }),
      fc.integer({ min: 15, max: 60 }),
      (values, width) => {
        const counts = characters(values, width);
        expect(counts.every((count) => count >= 1)).toBe(true);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(width);
      },
    ),
  );
});

it.each([
  [{ LANG: "de_DE.UTF-8" }, true],
  [{ LANG: "en_US.utf8" }, true],
  [{ LANG: "de_DE.UTF-8", LC_ALL: "C" }, false],
  [{ LC_CTYPE: "C.UTF-8" }, true],
  [{}, false],
])("goes by the locale %j", (environment, expected) => {
  expect(isUnicode(environment)).toBe(expected);
});
