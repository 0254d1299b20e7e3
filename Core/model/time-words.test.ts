import { duration, moment } from "./time-words";

it.each([
  [-1, "0 ms"],
  [0, "0 ms"],
  [999, "999 ms"],
  [1_000, "1.0 s"],
  [4_240, "4.2 s"],
  [60_000, "1 min 00 s"],
  [187_900, "3 min 07 s"],
  [3_599_999, "59 min 59 s"],
  [3_600_000, "1 h 00 min"],
  [7_500_000, "2 h 05 min"],
  [86_399_999, "23 h 59 min"],
  [86_400_000, "1 d 0 h"],
  [273_600_000, "3 d 4 h"],
])("%i ms are %s", (milliseconds, words) => {
  expect(duration(milliseconds)).toBe(words);
});

it("a moment is shown in UTC, to the second", () => {
  expect(moment(Date.UTC(2026, 10, 25, 16, 33, 52, 999))).toBe("2026-11-25 16:33:52");
});
