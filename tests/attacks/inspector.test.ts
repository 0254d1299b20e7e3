import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");

/** Each program of ours that runs above a job, or beside one as the same user. */
const PROGRAMS: readonly (readonly [path: string, first: RegExp])[] = [
  ["LambdaShellRunner/src/handler.ts", /^import "\.\.\/\.\.\/Core\/process\/no-inspector";$/],
  ["MicroVmRunner/src/main.ts", /^import "\.\.\/\.\.\/Core\/process\/no-inspector";$/],
  ["local/lambda-host/runner-process.ts", /^import "\.\.\/\.\.\/Core\/process\/no-inspector";$/],
  ["local/process/cleanup-watchdog.ts", /^import "\.\.\/\.\.\/Core\/process\/no-inspector";$/],
  ["local/start.mjs", /^import "\.\/process\/no-inspector\.mjs";$/],
  ["local/gitlab-runner/gitlab-runner", /^process\.on\("SIGUSR1", \(\) => \{\}\);$/],
];

const firstStatement = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => !/^\s*$|^#!|^\/\/|^"use strict";$/.test(line))[0] ?? "";

describe("a program above a job", () => {
  it.each(PROGRAMS)("T-9: %s closes the inspector before it does anything else", (path, first) => {
    expect(firstStatement(readFileSync(join(ROOT, path), "utf8"))).toMatch(first);
  });
});
