import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Zippable, zipSync } from "fflate";
import { assembleDockerfile } from "./microvm-code/dockerfile";

const ROOT = resolve(__dirname, "..");
const KEPT = join(ROOT, ".local/microvm-code");

const HELP = `Makes the archive from which Lambda builds the images of MicroVmRunner. What Lambda builds it by is named by its content.

Usage: npm run microvm-code [-- --ca FILE] [--pins FILE]

Options:
  --ca FILE     the certificate of GitLab's authority, PEM, where it is a private one
  --pins FILE   digests and checksums that the Dockerfile leaves open, as a JSON object; else npm run pin -- --missing first
  --print       its path and nothing else
  --help`;

const read = (path: string): Buffer => readFileSync(join(ROOT, path));
const text = (path: string): string => read(path).toString("utf8");

const program = (): Buffer =>
  execFileSync(
    join(ROOT, "node_modules/.bin/esbuild"),
    [
      "MicroVmRunner/src/main.ts",
      "--bundle",
      "--platform=node",
      "--target=node20",
      "--minify",
      "--legal-comments=none",
    ],
    { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
  );

/** What the stages of LambdaShellRunner's Dockerfile copy. */
const COPIED = ["LambdaShellRunner/keys/aws-cli.asc"];
const EXECUTED = ["LambdaShellRunner/verify-signature.sh", "LambdaShellRunner/sum-of.sh"];

/** The earliest that an archive can name, in local time, as it does: what is in it depends on the files alone. */
const MTIME = new Date(1980, 0, 1);
const UNIX = 3;
const EXECUTABLE = 0o100755 << 16;

const files = (ca: string | undefined, pins: Readonly<Record<string, string>>): Zippable => ({
  Dockerfile: Buffer.from(
    assembleDockerfile(text("MicroVmRunner/Dockerfile"), text("LambdaShellRunner/Dockerfile"), pins),
  ),
  ...Object.fromEntries(COPIED.map((name) => [name, read(name)])),
  ...Object.fromEntries(EXECUTED.map((name) => [name, [read(name), { os: UNIX, attrs: EXECUTABLE }]])),
  "glr/microvm.cjs": program(),
  ...(ca === undefined ? {} : { "glr/gitlab-ca.pem": readFileSync(ca) }),
});

const OPTIONS = {
  ca: { type: "string" },
  pins: { type: "string" },
  print: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

const nextSteps = (path: string, key: string): string =>
  [
    "Upload it, with your own configuration path, and give the stack MicroVmRunner its key:",
    "",
    `  aws s3 cp ${path} s3://$(aws ssm get-parameter --name /gitlabrunner/infrastructure/cache-bucket-name \\`,
    `    --query Parameter.Value --output text)/${key}`,
    "",
    `  CodeKey: ${key}`,
  ].join("\n");

const make = (values: Values): string => {
  const pins = values.pins === undefined ? {} : JSON.parse(readFileSync(values.pins, "utf8"));
  const archive = zipSync(files(values.ca, pins), { mtime: MTIME });
  const name = `${createHash("sha256").update(archive).digest("hex").slice(0, 32)}.zip`;
  const path = join(KEPT, name);
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(path, archive);
  return values.print ? path : nextSteps(path, `microvm-code/${name}`);
};

const { values } = parseArgs({ options: OPTIONS });
process.stdout.write(`${values.help ? HELP : make(values)}\n`);
