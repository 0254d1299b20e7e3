import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseOptions } from "../../local/command/options";
import { describeWith } from "../needs";
import { repositoryFiles } from "../repository-files";
import { argumentsOf, type DocumentedCommand, documentedCommands } from "./documented-commands";

const ROOT = join(__dirname, "../..");
const PYTHON = join(ROOT, ".local/venv/bin/python");

const COMMANDS = documentedCommands();
const callsOf = (program: string): readonly DocumentedCommand[] =>
  COMMANDS.filter(({ line }) => argumentsOf(line)[0] === program);

/** Programs whose calls are not held to a definition, and why. */
const OTHERS: Readonly<Record<string, string>> = {
  npx: "commands.test.ts runs ours; tsx and jest are held to their files below",
  cd: "a folder of this repository, held to it below",
  git: "of every developer's machine",
  ssh: "of every developer's machine; what it starts there is prepare-image.sh, which has its tests",
  tar: "of every developer's machine",
  docker: "there is none in CI; the example docker-build is run on the laptop, whose docker is a stand-in",
  aws: "held to botocore's service models below",
  sam: "held to the SAM CLI's own options below",
  npm: "held to package.json and what it names below",
};

it("every command that the pages have is of a program that is looked after", () => {
  const programs = [...new Set(COMMANDS.map(({ line }) => argumentsOf(line)[0] ?? ""))].sort();
  expect(programs.filter((program) => !Object.hasOwn(OTHERS, program))).toEqual([]);
  expect(Object.keys(OTHERS).filter((program) => !programs.includes(program) && program !== "tar")).toEqual(
    [],
  );
});

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
}
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Package;

/** The sources of a script: its file and those beside it. */
const sourcesOf = (script: string): string => {
  const file = script.split(" ").find((word) => /\.(ts|mjs)$/.test(word) && word.includes("/")) ?? "";
  const folder = dirname(file);
  return repositoryFiles()
    .filter((path) => path === file || (dirname(path) === folder && /\.(ts|mjs)$/.test(path)))
    .map((path) => readFileSync(join(ROOT, path), "utf8"))
    .join("\n");
};

/** An option as a source names it: `--minutes` in a text, or `minutes:` for node's parser. */
const isNamed = (source: string, option: string): boolean => {
  const name = option.replace(/^--/, "").split("=")[0] ?? "";
  return source.includes(`--${name}`) || new RegExp(`["']?\\b${name}\\b["']?:`).test(source);
};

/** Commands of npm itself. */
const OF_NPM = ["ci"];
const TEST_PARTS = ["check", "unit", "engine", "long"];

const npmProblems = (line: string): readonly string[] => {
  const [, command = "", ...rest] = argumentsOf(line);
  if (OF_NPM.includes(command)) return [];
  const [name = "", ...words] = command === "run" ? rest : [command, ...rest];
  const script = scripts[name];
  if (script === undefined) return [`package.json has no script ${name}`];
  const given = words.slice(words.indexOf("--") + 1 || words.length);
  if (name === "test") return given.filter((part) => !TEST_PARTS.includes(part));
  if (name === "start") {
    const parsed = parseOptions(given);
    return "options" in parsed ? [] : [parsed.text];
  }
  const source = sourcesOf(script);
  return given.filter((word) => word.startsWith("--") && !isNamed(source, word));
};

it.each(callsOf("npm"))("$page: `$line` is a script here, and its options are known to it", ({ line }) => {
  expect(npmProblems(line)).toEqual([]);
});

it("would notice a script, a part of the tests and an option that are not there", () => {
  expect(npmProblems("npm run gone")).toHaveLength(1);
  expect(npmProblems("npm test -- everything")).toEqual(["everything"]);
  expect(npmProblems("npm start -- --headles")).toHaveLength(1);
  expect(npmProblems("npm run soak -- --hours 3")).toEqual(["--hours"]);
});

const isThere = (path: string): boolean =>
  repositoryFiles().some((file) => file === path || file.startsWith(`${path}/`) || file.includes(path));

it.each([...callsOf("cd"), ...callsOf("npx").filter(({ line }) => /^npx (tsx|jest) /.test(line))])(
  "$page: what `$line` names is there",
  ({ line }) => {
    const [program, tool, path = ""] = argumentsOf(line);
    const named = program === "cd" ? (tool ?? "") : path;
    expect(named.startsWith("-") || isThere(named)).toBe(true);
  },
);

describeWith(existsSync(PYTHON), "no .local/venv with boto3")("by the tools' own definitions", () => {
  const problems = (calls: readonly Pick<DocumentedCommand, "line" | "isWhole">[]): readonly string[][] => {
    const input = JSON.stringify(
      calls.map(({ line, isWhole }) => ({ arguments: argumentsOf(line), isWhole })),
    );
    const { stdout, stderr, status } = spawnSync(PYTHON, [join(__dirname, "foreign-commands.py")], {
      input,
      encoding: "utf8",
      env: { PATH: process.env.PATH, SAM_CLI_TELEMETRY: "0", HOME: ROOT },
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as string[][];
  };

  it("every call of aws and sam is one that the tool knows, with what it needs", () => {
    const calls = [...callsOf("aws"), ...callsOf("sam")];
    expect(calls.length).toBeGreaterThan(10);
    const wrong = [
      { line: "aws ec2 create-image --instance-id i --name n --nmae n", isWhole: true },
      { line: "aws ec2 create-image --name n", isWhole: true },
      { line: "aws ec2 make-image", isWhole: true },
      { line: "aws ecc2 create-image", isWhole: true },
      { line: "aws ssm put-parameter --tier Big", isWhole: false },
      { line: "sam deploy --guide", isWhole: true },
      { line: "sam ship", isWhole: true },
    ];
    const found = problems([...calls, ...wrong]);
    expect(
      calls.flatMap(({ page, line }, at) => found[at]?.map((each) => `${page}: ${line}: ${each}`) ?? []),
    ).toEqual([]);
    expect(found.slice(calls.length).map((each) => each.length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
});
