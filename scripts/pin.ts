import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pinNames, withArguments } from "./pin/dockerfile";
import { PUBLISHERS } from "./pin/downloads";
import { findPins, missingPins } from "./pin/find-pins";
import { imageDigest } from "./pin/registry";
import { writeUserData } from "./user-data/write";

const DOCKERFILE = resolve(__dirname, "../LambdaShellRunner/Dockerfile");

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const HELP = `Writes digests and checksums into LambdaShellRunner/Dockerfile, and those of gitlab-runner into AutoScaler/template.yaml's
user data, each verified before.

Usage: npm run pin [-- --missing [--print] | --check]

Options:
  --missing   only those that are empty; asks nobody when none is
  --print     write them to stdout alone, and leave the Dockerfile as it is
  --check     ask nobody and write nothing; exit 1 when something is not pinned
  --help

Needs the network, gpg and bash. Change a version in the Dockerfile first to pin another one, and commit what was written.
What one publisher does not give is said, and exits 1; the rest is written.`;

const check = (dockerfile: string): number => {
  const missing = missingPins(dockerfile);
  for (const name of missing) complain(`${name} is not pinned: run npm run pin -- --missing`);
  return missing.length === 0 ? 0 : 1;
};

const pin = async (dockerfile: string, wanted: readonly string[], writes: boolean): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "pin-"));
  try {
    const sources = { publishers: PUBLISHERS, imageDigest };
    const { pins, failures } = await findPins(dockerfile, wanted, folder, sources);
    if (writes) {
      writeFileSync(DOCKERFILE, withArguments(dockerfile, pins));
      // The user data of EC2 runners has the same pins.
      writeUserData();
    }
    for (const [name, value] of Object.entries(pins)) say(`${name}=${value}`);
    failures.forEach(complain);
    return failures.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const OPTIONS = {
  check: { type: "boolean" },
  missing: { type: "boolean" },
  print: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: OPTIONS });
  const dockerfile = readFileSync(DOCKERFILE, "utf8");
  if (values.help) say(HELP);
  if (values.help) return 0;
  if (values.check) return check(dockerfile);
  return pin(dockerfile, values.missing ? missingPins(dockerfile) : pinNames(dockerfile), !values.print);
};

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    complain(error.message);
    process.exit(error.message.startsWith("Unknown option") ? 2 : 1);
  },
);
