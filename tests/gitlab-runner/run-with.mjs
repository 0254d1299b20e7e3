// `npm run test:runner -- --binary PATH`: every test that runs a gitlab-runner, with that binary, case by case.
//   --binary PATH         the gitlab-runner to run (needed)
//   --without-engine      leaves out the end-to-end tests, which need the laptop's engine and take minutes
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, setUp } from "../../local/setup/set-up.mjs";

const UNIT = [
  "tests/gitlab-runner/contract.test.ts",
  "tests/gitlab-runner/function.test.ts",
  "LambdaShellRunner/src/handler.test.ts",
  "LambdaShellRunner/src/serve.test.ts",
  "LambdaShellRunner/src/job-over.test.ts",
  "LambdaShellRunner/src/no-job.test.ts",
];
const USAGE = "Usage: npm run test:runner -- --binary PATH [--without-engine]\n";

const misused = (message) => {
  process.stderr.write(`${message}\n${USAGE}`);
  process.exit(2);
};

const readOptions = () => {
  try {
    const options = { binary: { type: "string" }, "without-engine": { type: "boolean", default: false } };
    const { values } = parseArgs({ options });
    if (!values.binary) throw new Error("--binary is missing");
    const binary = resolve(values.binary);
    accessSync(binary, constants.X_OK);
    return { binary, withEngine: !values["without-engine"] };
  } catch (error) {
    return misused(error.message);
  }
};

const { binary, withEngine } = readOptions();
const scratch = mkdtempSync(join(tmpdir(), "test-runner-"));
const env = {
  ...process.env,
  // The tests' own name for it, and the laptop's.
  RUNNER_UNDER_TEST: binary,
  GITLAB_RUNNER: binary,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  SAM_CLI_TELEMETRY: "0",
};

const jest = (project, files) => {
  const report = join(scratch, `${project}.json`);
  const args = ["--selectProjects", project, "--json", `--outputFile=${report}`, ...files];
  const options = { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] };
  spawnSync(join(ROOT, "node_modules/.bin/jest"), args, options);
  return JSON.parse(readFileSync(report, "utf8"));
};

const WORDS = { passed: "pass", failed: "FAIL" };

/** One line for each case; a file that could not be run is one that failed. */
const tell = ({ name, message, assertionResults }, counts) => {
  const cases = assertionResults.length > 0 ? assertionResults : [{ fullName: message, status: "failed" }];
  for (const { fullName, status, duration } of cases) {
    const word = WORDS[status] ?? "skip";
    counts[word] += 1;
    const time = duration ? ` (${(duration / 1000).toFixed(1)} s)` : "";
    process.stdout.write(`${word}  ${relative(ROOT, name)}: ${fullName}${time}\n`);
  }
};

const counts = { pass: 0, FAIL: 0, skip: 0 };
try {
  await setUp();
  const version = spawnSync(binary, ["--version"], { encoding: "utf8", timeout: 10_000 });
  process.stdout.write(`${binary}\n${version.stdout.trim()}\n\n`);
  const reports = [jest("unit", UNIT), ...(withEngine ? [jest("engine", ["--maxWorkers=1"])] : [])];
  for (const { testResults } of reports) for (const file of testResults) tell(file, counts);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (!withEngine) process.stdout.write("skip  tests/end-to-end: --without-engine\n");
process.stdout.write(`\n${counts.pass} passed, ${counts.FAIL} failed, ${counts.skip} skipped\n`);
process.exit(counts.FAIL === 0 ? 0 : 1);
