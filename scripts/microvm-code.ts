import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { assembleDockerfile } from "./microvm-code/dockerfile";
import { type ZipEntry, zipOf } from "./microvm-code/zip";

const ROOT = resolve(__dirname, "..");
const KEPT = join(ROOT, ".local/microvm-code");

const HELP = `Makes the archive from which Lambda builds the images of MicroVmRunner. What Lambda builds it by is named by its content.

Usage: npm run microvm-code [-- --ca FILE] [--pins FILE]

Options:
  --ca FILE     the certificate of GitLab's authority, PEM, where it is a private one
  --pins FILE   digests and checksums that the Dockerfile leaves open, as a JSON object; else npm run pin -- --missing first
  --print       its path and nothing else
  --help`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const read = (path: string): Buffer => readFileSync(join(ROOT, path));
const text = (path: string): string => read(path).toString("utf8");

const program = (): Buffer =>
  execFileSync(
    join(ROOT, "node_modules/.bin/esbuild"),
    ["MicroVmRunner/src/main.ts", "--bundle", "--platform=node", "--target=node20", "--minify", "--legal-comments=none"],
    { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
  );

/** What the stages of LambdaShellRunner's Dockerfile copy. */
const COPIED = ["LambdaShellRunner/keys/aws-cli.asc"];
const EXECUTED = ["LambdaShellRunner/verify-signature.sh", "LambdaShellRunner/sum-of.sh"];

const entries = (ca: string | undefined, pins: Readonly<Record<string, string>>): readonly ZipEntry[] => [
  {
    name: "Dockerfile",
    content: Buffer.from(
      assembleDockerfile(text("MicroVmRunner/Dockerfile"), text("LambdaShellRunner/Dockerfile"), pins),
    ),
  },
  ...COPIED.map((name) => ({ name, content: read(name) })),
  ...EXECUTED.map((name) => ({ name, content: read(name), isExecutable: true })),
  { name: "glr/microvm.cjs", content: program() },
  ...(ca === undefined ? [] : [{ name: "glr/gitlab-ca.pem", content: readFileSync(ca) }]),
];

const OPTIONS = {
  ca: { type: "string" },
  pins: { type: "string" },
  print: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const nextSteps = (path: string, key: string): string =>
  [
    "Upload it, with your own configuration path, and give the stack MicroVmRunner its key:",
    "",
    `  aws s3 cp ${path} s3://$(aws ssm get-parameter --name /gitlabrunner/infrastructure/cache-bucket-name \\`,
    `    --query Parameter.Value --output text)/${key}`,
    "",
    `  CodeKey: ${key}`,
  ].join("\n");

const main = (): void => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return say(HELP);
  const pins = values.pins === undefined ? {} : JSON.parse(readFileSync(values.pins, "utf8"));
  const archive = zipOf(entries(values.ca, pins));
  const name = `${createHash("sha256").update(archive).digest("hex").slice(0, 32)}.zip`;
  const path = join(KEPT, name);
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(path, archive);
  say(values.print ? path : nextSteps(path, `microvm-code/${name}`));
};

main();
