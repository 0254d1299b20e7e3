import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type FaultPatch, readPatches } from "./patch";

/** `npm run mutation` takes minutes. That its patches still fit the code is checked here, with every run of the tests. */

const ROOT = join(__dirname, "../..");

/** @returns what git says against the patch; empty when it applies */
const problemWith = ({ file }: FaultPatch): string => {
  // In an unpacked archive there is no repository, and one further up must not count: git would skip every file.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(ROOT) };
  const { status, stderr } = spawnSync("git", ["apply", "--check", file], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  return status === 0 ? "" : `git apply failed: ${stderr}`;
};

/** A test's text, with that of the files beside it that it imports: titles of `describe.each` may be there. */
const testText = ({ test }: FaultPatch): string => {
  const path = join(ROOT, test);
  const text = readFileSync(path, "utf8");
  const imported = [...text.matchAll(/from "(\.{1,2}\/[^"]+)"/g)].map(([, name]) =>
    join(dirname(path), `${name}.ts`),
  );
  return [path, ...imported.filter(existsSync)].map((file) => readFileSync(file, "utf8")).join("\n");
};

describe.each(readPatches())("the patch $name", (patch) => {
  it("applies to the code of today", () => {
    expect(problemWith(patch)).toBe("");
  });

  it("says which fault it is, and names a test that exists", () => {
    expect(patch.why).toMatch(/^[A-Z].+\.$/);
    expect(patch.title).not.toBe("");
    expect(testText(patch)).toContain(patch.title);
  });
});
