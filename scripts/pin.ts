import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { argument, baseImages, pinNames, withArguments } from "./pin/dockerfile";
import { awsCliPins, gitLfsPins, gitlabRunnerPins, PUBLISHERS } from "./pin/downloads";
import { imageDigest } from "./pin/registry";

const DOCKERFILE = resolve(__dirname, "../LambdaShellRunner/Dockerfile");

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const HELP = `Writes digests and checksums into LambdaShellRunner/Dockerfile, each verified before.

Usage: npm run pin [-- --check]

Options:
  --check   ask nobody and write nothing; exit 1 when something is not pinned
  --help

Needs the network, gpg and bash. Change a version in the Dockerfile first to pin another one.`;

const check = (dockerfile: string): number => {
  const open = pinNames(dockerfile).filter((name) => argument(dockerfile, name) === "");
  for (const name of open) complain(`${name} is not pinned: run npm run pin`);
  return open.length === 0 ? 0 : 1;
};

const digests = async (dockerfile: string): Promise<Record<string, string>> => {
  const entries: [string, string][] = [];
  for (const [name, image] of baseImages(dockerfile)) entries.push([name, `@${await imageDigest(image)}`]);
  return Object.fromEntries(entries);
};

const pin = async (dockerfile: string, folder: string): Promise<Record<string, string>> => {
  const read = (name: string): string => argument(dockerfile, name);
  return {
    ...(await digests(dockerfile)),
    ...(await gitlabRunnerPins(read, folder, PUBLISHERS)),
    ...(await gitLfsPins(read, folder, PUBLISHERS)),
    ...(await awsCliPins(read, folder, PUBLISHERS)),
  };
};

const main = async (): Promise<number> => {
  const options = { check: { type: "boolean" }, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ options });
  const dockerfile = readFileSync(DOCKERFILE, "utf8");
  if (values.help) say(HELP);
  if (values.help) return 0;
  if (values.check) return check(dockerfile);
  const folder = mkdtempSync(join(tmpdir(), "pin-"));
  try {
    const pins = await pin(dockerfile, folder);
    writeFileSync(DOCKERFILE, withArguments(dockerfile, pins));
    for (const [name, value] of Object.entries(pins)) say(`${name}=${value}`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    complain(error.message);
    process.exit(error.message.startsWith("Unknown option") ? 2 : 1);
  },
);
