import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const ROOT = join(__dirname, "../..");

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "clone-without-packages-"));
  mkdirSync(join(clone, "HelperScripts", "deploy"), { recursive: true });
  cpSync(join(ROOT, "HelperScripts/deploy/start.mjs"), join(clone, "HelperScripts/deploy/start.mjs"));
  writeFileSync(
    join(clone, "HelperScripts/cli.ts"),
    "console.log('args', ...(process.argv.slice(2) as string[]));",
  );
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** An npm that records its arguments, beside what it does. */
const withNpm = (does: string) => {
  const bin = join(clone, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "npm"),
    `#!/bin/sh\necho "$@" >> "${clone}/npm-calls"\necho "added 1 package"\n${does}\n`,
  );
  chmodSync(join(bin, "npm"), 0o755);
  return spawnSync(process.execPath, [join(clone, "HelperScripts/deploy/start.mjs"), "deploy", "--yes"], {
    encoding: "utf8",
    env: { PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
};

describe("npm run deploy in a fresh clone", () => {
  it("installs the packages first, without their scripts, and keeps stdout for results", () => {
    const { status, stdout, stderr } = withNpm(
      `ln -s "${join(ROOT, "node_modules")}" "${clone}/node_modules"`,
    );
    expect([status, stdout]).toEqual([0, "args deploy --yes\n"]);
    expect(stderr).toContain("added 1 package");
    expect(readFileSync(join(clone, "npm-calls"), "utf8")).toMatch(/^ci --ignore-scripts/);
  });

  it("ends with the remedy where that fails", () => {
    const { status, stdout, stderr } = withNpm("exit 1");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("npm ci failed: correct what it says above");
  });
});
