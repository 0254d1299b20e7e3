import { gzipSync } from "node:zlib";

/** Reads a file of the repository, by its path from there. */
export type ReadText = (path: string) => string;

const DOCKERFILE = "LambdaShellRunner/Dockerfile";
const FILES = [
  "Ec2Runner/prepare-image.sh",
  "Ec2Runner/install.sh",
  "LambdaShellRunner/verify-signature.sh",
  "LambdaShellRunner/sum-of.sh",
  "LambdaShellRunner/keys/aws-cli.asc",
] as const;

/** What a builder says on its console when it is done. */
export const READY = "glr: image ready";
export const NOT_READY = "glr: image not ready";

/** A builder that nobody ends powers off after so long. */
const LONGEST_SECONDS = 1_800;

/** The Dockerfile's pins alone: the rest of it is of no use to the builder. */
const pinsOf = (dockerfile: string): string =>
  dockerfile
    .split("\n")
    .filter((line) => /^ARG (GITLAB_RUNNER|AWS_CLI)_\w+=/.test(line))
    .join("\n");

const file = (path: string, text: string): string =>
  `cat >"$work/${path}" <<'END_OF_FILE'\n${text.trimEnd()}\nEND_OF_FILE\n`;

/** What the Dockerfile has to hold before an image is made (T-24). Empty: nothing is missing. */
export const missingPins = (read: ReadText): readonly string[] =>
  pinsOf(read(DOCKERFILE))
    .split("\n")
    .filter((line) => line.endsWith("="))
    .map((line) => line.slice("ARG ".length, -1));

/** The version of gitlab-runner that an image gets. */
export const runnerVersion = (read: ReadText): string =>
  /^ARG GITLAB_RUNNER_VERSION=(.+)$/m.exec(read(DOCKERFILE))?.[1] ?? "";

/**
 * What a builder runs: it prepares its own disk with the repository's files, says what came of it, and powers off, which stops
 * it. It holds no secret.
 */
export const builderScript = (read: ReadText): string => `#!/bin/bash
set -u
work="\${GLR_ROOT:-}/var/tmp/glr"
systemd-run --quiet --collect --unit=glr-dead-man --on-active=${LONGEST_SECONDS}s shutdown -h now
mkdir -p "$work/Ec2Runner" "$work/LambdaShellRunner/keys"
${FILES.map((path) => file(path, read(path))).join("")}${file(DOCKERFILE, pinsOf(read(DOCKERFILE)))}chmod -R u+x "$work"
verdict='${NOT_READY}'
if "$work/Ec2Runner/prepare-image.sh"; then verdict='${READY}'; fi
rm -rf "$work"
printf '%s\\n' "$verdict"
until shutdown -h now; do sleep 5; done
`;

/** As EC2 takes it. It is compressed, which cloud-init knows, since user data has room for 16 KB. */
export const builderUserData = (read: ReadText): string => gzipSync(builderScript(read)).toString("base64");
