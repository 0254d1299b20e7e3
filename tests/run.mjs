// `npm test`: sets the clone up if necessary, then runs every check and test. It needs no package at its start.
//   npm test                 all but `long`
//   npm test -- check        types, lint and format, templates
//   npm test -- unit         tests without the engine
//   npm test -- engine       the shipped stacks on the laptop's engine
//   npm test -- long         more of the same, for which CI has no time: about ten minutes
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KEPT, ROOT, setUp, setUpClients, setUpSecondDouble } from "../local/setup/set-up.mjs";

const PARTS = ["check", "unit", "engine"];
const LONG = "long";

const wanted = process.argv.slice(2);
const known = [...PARTS, LONG];
const unknown = wanted.filter((part) => !known.includes(part));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(" ")}. Known parts: ${known.join(", ")}.\n`);
  process.exit(2);
}
const parts = wanted.length > 0 ? wanted : PARTS;

try {
  await setUp();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const [whyNoClients, whyNoDouble] = await Promise.all([setUpClients(), setUpSecondDouble()]);
if (whyNoClients)
  process.stderr.write(`The independent GitLab clients were not installed: ${whyNoClients}\n`);
if (whyNoDouble) process.stderr.write(`The second double of AWS was not installed: ${whyNoDouble}\n`);

const scratch = mkdtempSync(join(tmpdir(), "gitlab-runners-test-"));
const env = {
  ...process.env,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  SAM_CLI_TELEMETRY: "0",
  __SAM_CLI_APP_DIR: join(scratch, "sam"),
};
const total = { passed: 0, failed: 0, skipped: [] };

const bin = (name) => join(ROOT, "node_modules/.bin", name);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Runs one check; prints its output only when it fails. */
const check = (title, command, args, cwd = ROOT) =>
  new Promise((resolve) => {
    const since = Date.now();
    execFile(command, args, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      total[error ? "failed" : "passed"] += 1;
      process.stdout.write(`${error ? "FAIL" : "pass"}  ${title} (${seconds(since)})\n`);
      if (error) process.stdout.write(`${stdout}${stderr}${stdout || stderr ? "" : error.message}\n`);
      resolve();
    });
  });

const addReport = (report, project) => {
  total.passed += report.numPassedTests;
  // A file that could not be run counts as one failure.
  total.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  for (const { assertionResults } of report.testResults) {
    const skipped = assertionResults.filter(({ status }) => ["pending", "todo", "disabled"].includes(status));
    total.skipped.push(...skipped.map(({ fullName }) => `${project}: ${fullName}`));
  }
};

const jest = (project, extra) => {
  const reportPath = join(scratch, `${project}.json`);
  const args = [
    "--selectProjects",
    project,
    "--json",
    `--outputFile=${reportPath}`,
    "--silent=false",
    ...extra,
  ];
  // The report goes to its file; Jest's output for people is on stderr.
  const { status } = spawnSync(bin("jest"), args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
  if (existsSync(reportPath)) return addReport(JSON.parse(readFileSync(reportPath, "utf8")), project);
  process.stdout.write(`FAIL  jest (${project}) ended without a report, exit code ${status}\n`);
  total.failed += 1;
};

const RUN = {
  check: () =>
    Promise.all([
      check("types (tsc)", bin("tsc"), []),
      check("lint and format (biome)", bin("biome"), ["ci", "."]),
      // Which templates and regions: .cfnlintrc.yaml.
      check("templates, for each region (cfn-lint)", join(KEPT, "venv/bin/cfn-lint"), []),
    ]),
  unit: () => jest("unit", []),
  // Each file has an engine of its own, and these processes mostly wait.
  engine: () => jest("engine", ["--maxWorkers=1"]),
  long: () => jest(LONG, ["--maxWorkers=1"]),
};

try {
  for (const part of parts) await RUN[part]();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

for (const title of total.skipped) process.stdout.write(`skipped  ${title}\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);
