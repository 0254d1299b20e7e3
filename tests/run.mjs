// `npm test`: sets the clone up if necessary, then runs every check and test. It needs no package at its start.
//   npm test                 all but `long`; `engine` beside the others
//   npm test -- check        types, lint and format, templates
//   npm test -- unit         tests without the engine
//   npm test -- engine       the shipped stacks on the laptop's engine
//   npm test -- long         more of the same, for which CI has no time: about half an hour
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
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

/** What some unit tests need beside the clone. */
const setUpOthers = async () => {
  const [whyNoClients, whyNoDouble] = await Promise.all([setUpClients(), setUpSecondDouble()]);
  if (whyNoClients)
    process.stderr.write(`The independent GitLab clients were not installed: ${whyNoClients}\n`);
  if (whyNoDouble) process.stderr.write(`The second double of AWS was not installed: ${whyNoDouble}\n`);
};

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
const command = (title, file, args) =>
  new Promise((resolve) => {
    const since = Date.now();
    execFile(
      file,
      args,
      { cwd: ROOT, env, encoding: "utf8", maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        total[error ? "failed" : "passed"] += 1;
        process.stdout.write(`${error ? "FAIL" : "pass"}  ${title} (${seconds(since)})\n`);
        if (error) process.stdout.write(`${stdout}${stderr}${stdout || stderr ? "" : error.message}\n`);
        resolve();
      },
    );
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

const jest = async (project, workers, shard = "1/1") => {
  const reportPath = join(scratch, `${project}-${shard.replace("/", "-")}.json`);
  const args = [
    "--selectProjects",
    project,
    "--json",
    `--outputFile=${reportPath}`,
    "--silent=false",
    `--maxWorkers=${workers}`,
    `--shard=${shard}`,
  ];
  const since = Date.now();
  // The report goes to its file; Jest's output for people is on stderr.
  const child = spawn(bin("jest"), args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
  const status = await new Promise((resolve) => child.once("error", resolve).once("close", resolve));
  process.stdout.write(`${project}${shard === "1/1" ? "" : ` ${shard}`} (${seconds(since)})\n`);
  if (existsSync(reportPath)) return addReport(JSON.parse(readFileSync(reportPath, "utf8")), project);
  process.stdout.write(`FAIL  jest (${project}) ended without a report: ${status}\n`);
  total.failed += 1;
};

const isWanted = (part) => parts.includes(part);

let hasEngineEnded = !isWanted("engine");

/** Each file has an engine of its own, and mostly waits for what it does: one at a time, beside other tests. */
const engine = async () => {
  if (isWanted("engine")) await jest("engine", 1);
  hasEngineEnded = true;
};
const cores = availableParallelism();

const check = () =>
  Promise.all([
    command("types (tsc)", bin("tsc"), []),
    command("lint and format (biome)", bin("biome"), ["ci", "."]),
    // Which templates and regions: .cfnlintrc.yaml.
    command("templates, for each region (cfn-lint)", join(KEPT, "venv/bin/cfn-lint"), []),
  ]);

/** Of the unit tests: what is left when the engine's have ended gets their core with the next shard. */
const SHARDS = 6;

/** As many files at once as there are cores, those of the engine included: some of both measure time. */
const unit = async () => {
  for (let shard = 1; shard <= SHARDS; shard += 1)
    await jest("unit", hasEngineEnded ? cores : Math.max(1, cores - 1), `${shard}/${SHARDS}`);
};

const checkAndUnit = async () => {
  const others = isWanted("unit") ? setUpOthers() : undefined;
  if (isWanted("check")) await check();
  await others;
  if (isWanted("unit")) await unit();
};

try {
  await Promise.all([checkAndUnit(), engine()]);
  if (isWanted(LONG)) await jest(LONG, 1);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

for (const title of total.skipped) process.stdout.write(`skipped  ${title}\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);
