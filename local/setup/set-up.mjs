import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { checkNode, findPython } from "./machine.mjs";
import { run, step } from "./steps.mjs";

/** The clone's root. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Files that are kept between runs; ignored by Git. */
export const KEPT = join(ROOT, ".local");

const VENV = join(KEPT, "venv");
const REQUIREMENTS = join(ROOT, "local/setup/requirements.txt");

const read = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const hash = (...texts) => createHash("sha256").update(texts.join("\0")).digest("hex");

/** Whether the installed packages match the lock file, whoever installed them. */
export const agreesWithLock = (lockText, installedText) => {
  if (!installedText) return false;
  const installed = JSON.parse(installedText).packages;
  return Object.entries(JSON.parse(lockText).packages).every(
    ([path, { version, optional }]) =>
      path === "" || (optional && !installed[path]) || installed[path]?.version === version,
  );
};

const npmStep = () => {
  const stampPath = join(ROOT, "node_modules/.set-up-stamp");
  const lockText = read(join(ROOT, "package-lock.json"));
  const wanted = hash(lockText);
  if (read(stampPath) === wanted) return undefined;
  if (agreesWithLock(lockText, read(join(ROOT, "node_modules/.package-lock.json")))) return undefined;
  return () =>
    step("Installing the Node packages (npm ci)", async () => {
      // No package may run a script while it is installed, and none needs to.
      await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: ROOT });
      writeFileSync(stampPath, wanted);
    });
};

/** A private Python environment; undefined when it is there and holds what its requirements say. */
const environmentStep = ({ title, folder, requirementsPath }) => {
  const stampPath = join(folder, ".set-up-stamp");
  const requirements = read(requirementsPath);
  const binary = join(folder, "bin/python");
  if (read(stampPath) === hash(requirements) && existsSync(binary)) return undefined;
  const python = findPython();
  return () =>
    step(title, async () => {
      rmSync(folder, { recursive: true, force: true });
      await run(python.name, ["-m", "venv", folder]);
      // The file names every package with its hashes, those that others need too.
      const pip = ["-m", "pip", "install", "--no-input", "--no-compile"];
      const exactly = ["--require-hashes", "--no-deps", "-r", requirementsPath];
      await run(binary, [...pip, ...exactly], {
        env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1" },
      });
      writeFileSync(stampPath, hash(requirements));
    });
};

const pythonStep = () =>
  environmentStep({
    title: "Installing MiniStack, SAM CLI and cfn-lint into .local/venv",
    folder: VENV,
    requirementsPath: REQUIREMENTS,
  });

const clientsStep = () =>
  environmentStep({
    title: "Installing independent GitLab clients into .local/clients-venv",
    folder: join(KEPT, "clients-venv"),
    requirementsPath: join(ROOT, "tests/independent-clients/requirements.txt"),
  });

const secondDoubleStep = () =>
  environmentStep({
    title: "Installing a second double of AWS into .local/moto-venv",
    folder: join(KEPT, "moto-venv"),
    requirementsPath: join(ROOT, "tests/second-opinion/requirements.txt"),
  });

const isCurrent = () => npmStep() === undefined && pythonStep() === undefined;

/**
 * Prepares the clone: installs the Node packages of the lock file and a private Python environment. Does nothing
 * when both exist. Needs Node alone.
 *
 * @throws MissingTool when Node or Python is missing or too old
 */
export const setUp = async () => {
  checkNode();
  mkdirSync(KEPT, { recursive: true });
  if (isCurrent()) return;
  const waiting = () => process.stderr.write("Another start of this clone is setting up: waiting for it.\n");
  await withLock(join(KEPT, "set-up.lock"), install, waiting);
};

/** Makes an environment whose lack stops nothing. Returns why there is none. */
const setUpForTests = async (stepOf, lock) => {
  try {
    if (stepOf() === undefined) return undefined;
    const waiting = () =>
      process.stderr.write("Another test run of this clone is setting up: waiting for it.\n");
    await withLock(join(KEPT, lock), async () => stepOf()?.(), waiting);
    return undefined;
  } catch (error) {
    return error.message;
  }
};

/**
 * Makes the environment of the GitLab clients that tests run beside our own. Its lack stops nothing: the tests
 * that need it say so and are skipped.
 *
 * @returns {Promise<string | undefined>} why there is none
 */
export const setUpClients = () => setUpForTests(clientsStep, "set-up-clients.lock");

/**
 * Makes the environment of the double of AWS that tests run beside our own. As `setUpClients`.
 *
 * @returns {Promise<string | undefined>} why there is none
 */
export const setUpSecondDouble = () => setUpForTests(secondDoubleStep, "set-up-second-double.lock");

const install = async () => {
  const steps = [npmStep(), pythonStep()].filter(Boolean);
  if (steps.length === 0) return;
  process.stderr.write("Setting up (first start only):\n");
  const outcomes = await Promise.allSettled(steps.map((install) => install()));
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
};
