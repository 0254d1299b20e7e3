import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

const VERIFY = resolve(__dirname, "../../LambdaShellRunner/verify-signature.sh");
const LONGEST_DOWNLOAD_MILLISECONDS = 10 * 60_000;

/** Where the publishers' files are; AWS's key is in the repository, since AWS serves it on a page alone. */
export const PUBLISHERS = {
  awsCliKey: resolve(__dirname, "../../LambdaShellRunner/keys/aws-cli.asc"),
  awsCli: "https://awscli.amazonaws.com",
  gitLfs: "https://github.com/git-lfs/git-lfs/releases/download",
  gitLfsKeys: "https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr&search=0x",
  gitlabRunner: "https://gitlab-runner-downloads.s3.dualstack.us-east-1.amazonaws.com",
  gitlabRunnerKey:
    "https://packages.gitlab.com/runner/gitlab-runner/gpgkey/runner-gitlab-runner-49F16C5CC3A0F81F.pub.gpg",
};

/** Reads an ARG of the Dockerfile. */
export type Argument = (name: string) => string;
export type Publishers = typeof PUBLISHERS;

const download = async (url: string, file: string, flags = "w"): Promise<string> => {
  const signal = AbortSignal.timeout(LONGEST_DOWNLOAD_MILLISECONDS);
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw new Error(`${url} does not answer`, { cause });
  });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file, { flags }));
  return file;
};

/** @throws Error when the signature is not a good one of a key with this fingerprint */
const verify = (...args: string[]): void => {
  execFileSync(VERIFY, args, { stdio: ["ignore", "ignore", "pipe"] });
};

const sha256 = async (file: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
};

/** The sum that a verified list gives for a file. */
const listed = (sums: string, name: string): string => {
  const found = sums.split("\n").flatMap((line) => {
    const [sum = "", file = ""] = line.trim().split(/\s+/);
    return file.replace(/^\*/, "").split("/").at(-1) === name ? [sum] : [];
  });
  const [sum] = found;
  if (found.length !== 1 || !/^[0-9a-f]{64}$/.test(sum ?? ""))
    throw new Error(`The signed list has no sum of ${name}`);
  return sum ?? "";
};

/** AWS signs each file: it is fetched, verified and summed. */
export const awsCliPins = async (argument: Argument, folder: string, from: Publishers) => {
  const pin = async (machine: string): Promise<string> => {
    const name = `awscli-exe-linux-${machine}-${argument("AWS_CLI_VERSION")}.zip`;
    const file = await download(`${from.awsCli}/${name}`, join(folder, name));
    const signature = await download(`${from.awsCli}/${name}.sig`, join(folder, `${name}.sig`));
    verify(argument("AWS_CLI_KEY"), from.awsCliKey, signature, file);
    return sha256(file);
  };
  return { AWS_CLI_SHA256_X86_64: await pin("x86_64"), AWS_CLI_SHA256_AARCH64: await pin("aarch64") };
};

/** git-lfs signs a list of sums. */
export const gitLfsPins = async (argument: Argument, folder: string, from: Publishers) => {
  const version = argument("GIT_LFS_VERSION");
  const fingerprints = argument("GIT_LFS_KEYS");
  const keys = join(folder, "git-lfs.asc");
  for (const fingerprint of fingerprints.split("|"))
    await download(`${from.gitLfsKeys}${fingerprint}`, keys, "a");
  const signed = await download(`${from.gitLfs}/v${version}/sha256sums.asc`, join(folder, "sha256sums.asc"));
  verify(fingerprints, keys, signed, "-o", join(folder, "git-lfs.sums"));
  const sums = await readFile(join(folder, "git-lfs.sums"), "utf8");
  const pin = (arch: string): string => listed(sums, `git-lfs-linux-${arch}-v${version}.tar.gz`);
  return { GIT_LFS_SHA256_AMD64: pin("amd64"), GIT_LFS_SHA256_ARM64: pin("arm64") };
};

/** GitLab signs `release.sha256`. */
export const gitlabRunnerPins = async (argument: Argument, folder: string, from: Publishers) => {
  const release = `${from.gitlabRunner}/v${argument("GITLAB_RUNNER_VERSION")}`;
  const key = await download(from.gitlabRunnerKey, join(folder, "gitlab-runner.asc"));
  const list = await download(`${release}/release.sha256`, join(folder, "release.sha256"));
  const signature = await download(`${release}/release.sha256.asc`, join(folder, "release.sha256.asc"));
  verify(argument("GITLAB_RUNNER_KEY"), key, signature, list);
  const sums = await readFile(list, "utf8");
  const pin = (arch: string): string => listed(sums, `gitlab-runner-linux-${arch}`);
  return { GITLAB_RUNNER_SHA256_AMD64: pin("amd64"), GITLAB_RUNNER_SHA256_ARM64: pin("arm64") };
};
