import { startGitLab } from "../../local/gitlab";
import { describeWith } from "../../tests/needs";
import { leakOf, parseLeaks } from "./leaks";
import { handlesOf } from "./sample";

it("L-9: a leak of items leaves a runner record for each job", async () => {
  const standIn = await startGitLab();
  try {
    await leakOf({ gitlabUrl: standIn.url, standIn }, ["items"])(3);
    expect(standIn.runners()).toHaveLength(3);
  } finally {
    await standIn.close();
  }
});

describeWith(process.platform === "linux", "no /proc")("handles", () => {
  it("L-9: a leak of handles leaves one for each job", async () => {
    const before = handlesOf(process.pid);
    await leakOf({ gitlabUrl: "" }, ["handles"])(3);
    expect(handlesOf(process.pid)).toBe(before + 3);
  });
});

it.each([
  ["", []],
  ["memory,items", ["memory", "items"]],
])("the words %j name the leaks %j", (words, leaks) => {
  expect(parseLeaks(words)).toEqual(leaks);
});

it("another word is refused", () => {
  expect(() => parseLeaks("memory,cpu")).toThrow("cpu");
});
