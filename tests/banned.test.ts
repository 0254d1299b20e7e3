import { readText, repositoryFiles } from "./repository-files";

/**
 * What does not belong into what ships, whatever the linter's settings say. `tests/imports.test.ts` has who may read
 * the environment, the clock and random numbers.
 */
interface Ban {
  readonly says: string;
  readonly text: RegExp;
  /** Files that may, and why they do is said there. */
  readonly but?: RegExp;
  readonly bad: readonly string[];
}

const BANS: readonly Ban[] = [
  {
    says: "no text is run as code",
    text: /\beval\(|\bnew Function\b|\bset(?:Timeout|Interval)\(\s*["'`]|["'](?:node:)?vm["']/,
    bad: ['eval("1")', 'new Function("return 1")', 'setTimeout("a()", 1)', 'import vm from "node:vm";'],
  },
  {
    says: "no shell is started",
    text: /\bexec(?:Sync)?\(\s*["'`]|\bimport \{[^}]*\bexec(?:Sync)?\b(?! as)[^}]*\} from "node:child_process"|\bshell: true\b/,
    bad: ['exec("ls")', 'import { exec } from "node:child_process";', 'spawn("a", { shell: true })'],
  },
  {
    says: "processes are started by what runs jobs and by what deploys, and looked at by what cleans up after them",
    text: /["'](?:node:)?child_process["']/,
    but: /^(?:(?:LambdaShellRunner\/src|MicroVmRunner\/src|Core\/gitlab-runner|Core\/process)\/|HelperScripts\/run-program-call\.ts$)/,
    bad: ['import { spawn } from "node:child_process";', 'require("child_process")'],
  },
  {
    says: "nothing is written past the log",
    text: /\bconsole\.(?:log|info|warn|error|debug|trace|dir)\(/,
    bad: ["console.log(event)", "console.error(error)"],
  },
  {
    says: "random numbers that can be guessed spread retries, and are no ids or secrets",
    text: /\bMath\.random\b/,
    but: /^(?:AutoScaler\/src\/handlers\/machine|Infrastructure\/src\/parameter-store|HelperScripts\/mapping\/mapping-table)\.ts$/,
    bad: ["const id = Math.random();"],
  },
  {
    says: "the environment is read where a function or command begins",
    text: /\bprocess\.env\b/,
    but: /^(?:AutoScaler\/src\/handlers\/|HelperScripts\/|LambdaShellRunner\/src\/handler\.ts|MicroVmRunner\/src\/(?:main|rebuild\/rebuild-images)\.ts|Infrastructure\/src\/(?:authorize-webhook|receive-signed-webhook|report-runner-end)\.ts)/,
    bad: ["const { TABLE } = process.env;"],
  },
  {
    says: "nothing goes by the name of a class, which minifying changes",
    text: /\bconstructor\??\.name\b|\bnew\.target\??\.name\b/,
    bad: ["const kind = error.constructor.name;", "this.name = new.target.name;"],
  },
  {
    says: "a webhook's secret is compared in constant time",
    text: /(?<!typeof )\b\w*(?:[sS]ecret|[sS]ignature|[dD]igest)\s*[!=]==(?!\s*(?:undefined|""|null|true|false))/,
    bad: ["if (secret === given) return;", "ok = expectedSignature !== signature;"],
  },
];

const SHIPPED = /^(?:Core|Infrastructure|AutoScaler|LambdaShellRunner|MicroVmRunner|HelperScripts)\/.*\.ts$/;
const OF_TESTS = /\.test\.ts$|\/(?:tests|testing)\//;
const sources = repositoryFiles().filter((path) => SHIPPED.test(path) && !OF_TESTS.test(path));
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");

const breaks = ({ text, but }: Ban, path: string, source: string): boolean =>
  !but?.test(path) && text.test(withoutComments(source));

it.each(BANS.map((ban) => [ban.says, ban] as const))("S-26: in what ships, %s", (_, ban) => {
  expect(sources.length).toBeGreaterThan(200);
  expect(sources.filter((path) => breaks(ban, path, readText(path)))).toEqual([]);
});

it.each(BANS.flatMap((ban) => ban.bad.map((source) => [source, ban] as const)))(
  "S-27: %s is refused",
  (source, ban) => expect(breaks(ban, "AutoScaler/src/start/x.ts", source)).toBe(true),
);
