import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What an image's disk holds, as far as a machine's start depends on it. */
export interface MachineImage {
  /** Debian stands for all that are not supported. */
  readonly system: "amzn2023" | "ubuntu24.04" | "debian13";
  /** Docker and gitlab-runner are on it. */
  readonly isPrepared: boolean;
}

export const PREPARED: MachineImage = { system: "amzn2023", isPrepared: true };

const OS_RELEASE: Readonly<Record<MachineImage["system"], string>> = {
  amzn2023: 'ID="amzn"\nVERSION_ID="2023"\n',
  "ubuntu24.04": 'ID=ubuntu\nVERSION_ID="24.04"\n',
  debian13: 'ID=debian\nVERSION_ID="13"\n',
};

const DOCKERFILE = readFileSync(join(__dirname, "../../../LambdaShellRunner/Dockerfile"), "utf8");
const pin = (name: string): string => new RegExp(`^ARG ${name}=(.*)$`, "m").exec(DOCKERFILE)?.[1] ?? "";

/** What publishers sign with and what is pinned, for the stand-ins of their downloads. */
export const PUBLISHED: Readonly<Record<string, string>> = {
  GLR_RUNNER_KEY: pin("GITLAB_RUNNER_KEY"),
  GLR_CLI_KEY: pin("AWS_CLI_KEY"),
  GLR_PIN_AMD64: pin("GITLAB_RUNNER_SHA256_AMD64"),
  GLR_PIN_ARM64: pin("GITLAB_RUNNER_SHA256_ARM64"),
  GLR_PIN_CLI_X86_64: pin("AWS_CLI_SHA256_X86_64"),
  GLR_PIN_CLI_AARCH64: pin("AWS_CLI_SHA256_AARCH64"),
};

const DOCKER = "usr/lib/systemd/system/docker.service";
const RUNNER = "usr/local/bin/gitlab-runner";
const PROGRAM = `#!/bin/sh\necho "Version:      ${pin("GITLAB_RUNNER_VERSION")}"\n`;

/** Lays an image out in an instance's folder. */
export const writeImage = (root: string, { system, isPrepared }: MachineImage): void => {
  const put = (path: string, text: string, mode: number): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };
  put("etc/os-release", OS_RELEASE[system], 0o644);
  if (isPrepared) put(DOCKER, "[Service]\n", 0o644);
  if (isPrepared) put(RUNNER, PROGRAM, 0o711);
};

/** Whether an image made of this disk would be a prepared one. */
export const isPreparedDisk = (root: string): boolean =>
  [DOCKER, RUNNER].every((path) => existsSync(join(root, path)));
