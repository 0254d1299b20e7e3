import { isListed, isServedPath, needsPath } from "./served-projects";

describe("an entry of the served projects", () => {
  it.each([
    "group/project",
    "group/sub/project",
    "group/*",
    "_a.b-c/D_e",
    // GitLab's paths are no longer than that.
    `g/${"p".repeat(1_022)}`,
  ])("may be %s", (path) => {
    expect(isServedPath(path)).toBe(true);
  });

  it.each([
    ...["group", "*", "group/", "/project", "group/*/x", "-a/b", "a/-b", "a//b", "a/b c", 7, undefined],
    `g/${"p".repeat(1_023)}`,
  ])("is not %s", (path) => {
    expect(isServedPath(path)).toBe(false);
  });
});

it("T-19: serves a project by its id, its path or its group, in any case", () => {
  const serves = (served: readonly (number | string)[], path?: string) => isListed(served, 7, path);
  expect([[7], ["Group/App"], ["group/*"]].map((served) => serves(served, "group/app"))).toEqual([
    true,
    true,
    true,
  ]);
  expect([[8], ["group/app2"], ["group/a"], ["grou/*"], []].map((one) => serves(one, "group/app"))).toEqual(
    Array(5).fill(false),
  );
  expect([serves([7]), serves(["group/*"])]).toEqual([true, false]);
});

it("T-19: asks for a path only where one is listed and the id is not", () => {
  expect([[7, "group/*"], [8], [8, "group/*"]].map((served) => needsPath(served, 7))).toEqual([
    false,
    false,
    true,
  ]);
});
