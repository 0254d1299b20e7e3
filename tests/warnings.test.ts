import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** No command prints warnings about versions or deprecations: users can do nothing about them. */

const ROOT = join(__dirname, "..");
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** The TypeScript files with which npm scripts begin. */
const ENTRIES = Object.values(scripts).flatMap((script) => /\S+\.ts$/.exec(script) ?? []);

/** Modules that a file loads at its start, packages included, in order. */
const loadedBy = (entry: string): readonly string[] => {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    packages: "external",
    logLevel: "silent",
  });
  return outputFiles[0]?.text.split("\n") ?? [];
};

const firstLine = (lines: readonly string[], pattern: RegExp): number =>
  lines.findIndex((line) => pattern.test(line));

const SWITCH = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/** An environment without settings against warnings; nothing listens on port 9. */
const env = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "nobody",
  AWS_SECRET_ACCESS_KEY: "nobody",
};

it.each([["--help"], ["status"]])("runners %s prints no warning", (command) => {
  const tsx = join(ROOT, "node_modules/tsx/dist/cli.mjs");
  const { stderr } = spawnSync(process.execPath, [tsx, "HelperScripts/cli.ts", command], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  expect(stderr).not.toMatch(/warning|deprecat/i);
});

it.each(ENTRIES)("%s switches the SDK's warning off before it loads a client", (entry) => {
  const lines = loadedBy(entry);
  // At the start of a line: what a module loads later stands in a function, wherever the bundle puts that.
  const client = firstLine(lines, /^var \w+ = .*require\("@aws-sdk\/client-/);
  const quiet = firstLine(lines, new RegExp(SWITCH));
  expect(client < 0 || (quiet >= 0 && quiet < client)).toBe(true);
});

it.each(["local/start.mjs", "tests/run.mjs"])(
  "%s switches it off for the processes that it starts",
  (file) => {
    expect(readFileSync(join(ROOT, file), "utf8")).toContain(SWITCH);
  },
);

it("finds the entries", () => {
  expect(ENTRIES).toContain("HelperScripts/cli.ts");
});
