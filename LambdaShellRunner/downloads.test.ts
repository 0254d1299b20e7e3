import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { argument, pinNames } from "../scripts/pin/dockerfile";
import { DownloadFixture } from "../tests/image/download-fixture";
import { dockerfile, downloads } from "../tests/image/instructions";
import { describeWith, itWith } from "../tests/needs";

const hasGpg = spawnSync("gpg", ["--version"]).status === 0;
const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
const download = (word: string): string => downloads.find((run) => run.includes(word)) ?? "";

describeWith(hasGpg, "no gpg")("S-24: the download of", () => {
  let fixture: DownloadFixture;
  beforeAll(() => {
    fixture = new DownloadFixture();
    fixture.put("served/key", fixture.key);
    fixture.put("served/runner-gitlab-runner-49F16C5CC3A0F81F.pub.gpg", fixture.key);
    fixture.put("keys/aws-cli.asc", fixture.key);
  });
  afterAll(() => fixture.close());
  const processors = [
    { machine: "aarch64", arch: "arm64" },
    { machine: "x86_64", arch: "amd64" },
  ];

  const serveRunner = (binary: string): void => {
    const sums = processors.map(
      ({ arch }) => `${sha256(`runner ${arch}`)} *binaries/gitlab-runner-linux-${arch}`,
    );
    const list = [
      `${sha256("x")} *binaries/gitlab-runner-helper/gitlab-runner-helper.arm64`,
      ...sums,
      "",
    ].join("\n");
    fixture.put("served/release.sha256", list);
    fixture.put("served/release.sha256.asc", fixture.gpg(["--armor", "--detach-sign"], list));
    for (const { arch } of processors) fixture.put(`served/gitlab-runner-linux-${arch}`, `${binary} ${arch}`);
  };

  it.each(processors)("gitlab-runner for $arch: takes what is signed, unreadable", ({ machine, arch }) => {
    serveRunner("runner");
    const run = download("GITLAB_RUNNER_KEY");
    const pin = { [`GITLAB_RUNNER_SHA256_${arch.toUpperCase()}`]: sha256(`runner ${arch}`) };
    const { status, out } = fixture.run(run, machine, { ...pin, GITLAB_RUNNER_KEY: fixture.fingerprint });
    expect(status).toBe(0);
    expect(readFileSync(join(out, "out/usr/local/bin/gitlab-runner"), "utf8")).toBe(`runner ${arch}`);
    expect(statSync(join(out, "out/usr/local/bin/gitlab-runner")).mode & 0o777).toBe(0o711);
  });

  it("gitlab-runner: stops at a changed binary, another publisher and another pin", () => {
    const run = download("GITLAB_RUNNER_KEY");
    const pinned = { GITLAB_RUNNER_SHA256_AMD64: sha256("runner amd64") };
    const ours = { ...pinned, GITLAB_RUNNER_KEY: fixture.fingerprint };
    serveRunner("runner");
    expect(fixture.run(run, "x86_64", ours).status).toBe(0);
    expect(fixture.run(run, "x86_64", pinned).status).not.toBe(0);
    const pin = { ...ours, GITLAB_RUNNER_SHA256_AMD64: sha256("another") };
    expect(fixture.run(run, "x86_64", pin).status).not.toBe(0);
    serveRunner("changed");
    expect(fixture.run(run, "x86_64", ours).status).not.toBe(0);
  });

  it.each(processors)("git-lfs for $arch: takes what is signed", ({ machine, arch }) => {
    const version = argument(dockerfile, "GIT_LFS_VERSION");
    const name = `git-lfs-linux-${arch}-v${version}.tar.gz`;
    fixture.put(`tar/git-lfs-${version}/git-lfs`, `lfs ${arch}`);
    fixture.make("served");
    spawnSync("tar", [
      "-czf",
      join(fixture.folder, "served", name),
      "-C",
      join(fixture.folder, "tar"),
      `git-lfs-${version}`,
    ]);
    const sum = sha256(readFileSync(join(fixture.folder, "served", name)));
    fixture.put("served/sha256sums.asc", fixture.gpg(["--clear-sign"], `${sum}  ${name}\n`));
    const run = download("GIT_LFS_KEYS");
    const pin = { [`GIT_LFS_SHA256_${arch.toUpperCase()}`]: sum };
    const values = { ...pin, GIT_LFS_KEYS: `${"0".repeat(40)}|${fixture.fingerprint}` };
    const { status, out } = fixture.run(run, machine, values);
    expect(status).toBe(0);
    expect(readFileSync(join(out, "out/usr/local/bin/git-lfs"), "utf8")).toBe(`lfs ${arch}`);
    expect(fixture.run(run, machine, pin).status).not.toBe(0);
  });

  const hasZip = spawnSync("zip", ["--version"]).status === 0 && spawnSync("unzip", ["-v"]).status === 0;
  const withZip = itWith(hasZip, "no zip or no unzip").each(processors);
  withZip("the AWS CLI for $machine: takes what is signed", ({ machine }) => {
    const name = `awscli-exe-linux-${machine}-${argument(dockerfile, "AWS_CLI_VERSION")}.zip`;
    fixture.put("zip/aws/install", '#!/bin/sh\nmkdir -p "$2/v2/1/dist/awscli/examples"\n', 0o755);
    fixture.make("served");
    spawnSync("zip", ["-qr", join(fixture.folder, "served", name), "aws"], {
      cwd: join(fixture.folder, "zip"),
    });
    const zip = readFileSync(join(fixture.folder, "served", name));
    fixture.put(`served/${name}.sig`, fixture.gpg(["--detach-sign"], zip));
    const run = download("AWS_CLI_KEY");
    const pinned = { [`AWS_CLI_SHA256_${machine.toUpperCase()}`]: sha256(zip) };
    const ours = { ...pinned, AWS_CLI_KEY: fixture.fingerprint };
    const { status, out } = fixture.run(run, machine, ours);
    expect(status).toBe(0);
    expect(readdirSync(join(out, "aws-cli/v2/1/dist/awscli"))).toEqual([]);
    expect(fixture.run(run, machine, pinned).status).not.toBe(0);
    const pin = { ...ours, AWS_CLI_SHA256_X86_64: "0".repeat(64), AWS_CLI_SHA256_AARCH64: "0".repeat(64) };
    expect(fixture.run(run, machine, pin).status).not.toBe(0);
  });

  it.each(["GITLAB_RUNNER_KEY", "GIT_LFS_KEYS", "AWS_CLI_KEY"])(
    "what %s signs is not even begun without a pin, and the remedy is said",
    (name) => {
      const empty = Object.fromEntries(pinNames(dockerfile).map((pin) => [pin, ""]));
      const { status, errors } = fixture.run(download(name), "x86_64", empty);
      expect(status).not.toBe(0);
      expect(errors).toMatch(/pinned: is missing: run npm run pin -- --missing/);
    },
  );
});
