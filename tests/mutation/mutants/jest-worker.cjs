// Jest in a process that stays: to start it, and to load what the tests share, takes longer than most tests do.
const { join } = require("node:path");
const { runCLI } = require("jest");

const options = {
  selectProjects: ["unit"],
  runInBand: true,
  passWithNoTests: true,
  silent: true,
  reporters: [],
  runner: join(__dirname, "stops-at-first-failure.cjs"),
  testSequencer: join(__dirname, "nearest-first.cjs"),
  env: join(__dirname, "../ends-at-first-failure.cjs"),
};

const run = async (which, file, nearest, leftOut) => {
  Object.assign(process.env, { MUTATED_FILE: file, NEAREST: nearest, LEFT_OUT: leftOut.join("\n") });
  const { results } = await runCLI({ ...options, ...which }, [process.cwd()]);
  const failed = results.testResults.find(
    ({ numFailingTests, testExecError }) => numFailingTests > 0 || testExecError,
  );
  return { files: results.testResults.map(({ testFilePath }) => testFilePath), failed: failed?.testFilePath };
};

/** Some tests load no file of ours: they start it, or read it. Those are near it. */
const BESIDE = 3;

const runNearest = async (file, nearest) => {
  const related = await run({ findRelatedTests: true, _: [file] }, file, nearest, []);
  const left = Math.min(BESIDE, nearest - related.files.length);
  if (related.failed || left <= 0) return related;
  return run({ _: [] }, file, left, related.files);
};

const runOne = (test) => run({ runTestsByPath: true, _: [test] }, test, 1, []);

process.on("message", async ({ file, test, nearest }) => {
  const { failed } = test ? await runOne(test) : await runNearest(file, nearest);
  process.send({ failed, memory: process.memoryUsage.rss() });
});
