import { spawnSync } from "node:child_process";

const MIN_NODE = [20, 19];
const MIN_PYTHON = [3, 11];
const PYTHON_NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];

const HOW_TO_GET = {
  Node: [
    "Debian, Ubuntu: see https://nodejs.org/en/download (the distribution's own may be too old)",
    "Fedora:         sudo dnf install nodejs",
    "macOS:          brew install node",
  ],
  Python: [
    "Debian, Ubuntu: sudo apt-get install python3 python3-venv python3-pip",
    "Fedora:         sudo dnf install python3 python3-pip",
    "macOS:          brew install python",
  ],
};

/** A missing tool; the message says how to install it. */
export class MissingTool extends Error {
  name = "MissingTool";

  constructor(sentence, tool) {
    super([sentence, ...HOW_TO_GET[tool].map((line) => `  ${line}`)].join("\n"));
  }
}

const isAtLeast = ([major, minor], [wantedMajor, wantedMinor]) =>
  major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);

const versionOf = (text) => text.split(".").map(Number);

/** @throws MissingTool when this Node is too old to run the project */
export const checkNode = (version = process.versions.node) => {
  if (isAtLeast(versionOf(version), MIN_NODE)) return;
  throw new MissingTool(`Node ${MIN_NODE.join(".")} or newer is needed; this is ${version}.`, "Node");
};

const PROBE = "import sys; print('%d.%d.%d' % sys.version_info[:3])";

/** Reads an interpreter's version and whether it has `venv` and `ensurepip`, which Debian packages separately. */
const probe = (name) => {
  const asked = spawnSync(name, ["-c", PROBE], { encoding: "utf8", timeout: 20_000 });
  if (asked.status !== 0) return undefined;
  const modules = spawnSync(name, ["-c", "import venv, ensurepip"], { encoding: "utf8", timeout: 20_000 });
  return { name, version: asked.stdout.trim(), hasVenv: modules.status === 0 };
};

/**
 * Finds the first suitable Python on PATH.
 *
 * @returns {{ name: string, version: string }}
 * @throws MissingTool when there is none
 */
export const findPython = (names = PYTHON_NAMES, ask = probe) => {
  const found = names.map(ask).filter(Boolean);
  const fresh = found.filter(({ version }) => isAtLeast(versionOf(version), MIN_PYTHON));
  const usable = fresh.find(({ hasVenv }) => hasVenv);
  if (usable) return usable;
  if (fresh[0])
    throw new MissingTool(`${fresh[0].name} ${fresh[0].version} lacks its venv and pip modules.`, "Python");
  const seen = found[0] ? `; the newest here is ${found[0].version}` : "; none is on PATH";
  throw new MissingTool(`Python ${MIN_PYTHON.join(".")} or newer is needed${seen}.`, "Python");
};
