import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { unzipSync } from "fflate";
import { pinNames } from "../pin/dockerfile";
import { assembleDockerfile } from "./dockerfile";

const ROOT = resolve(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const OWN = read("MicroVmRunner/Dockerfile");
const LAMBDA = read("LambdaShellRunner/Dockerfile");
const NODE = `public.ecr.aws/docker/library/node:24-bookworm$${"{NODE_DIGEST}"}`;
const PINS = Object.fromEntries(
  pinNames(LAMBDA).map((name) => [name, name.endsWith("DIGEST") ? "@sha256:aa" : "bb"]),
);

describe("S-24: what a MicroVM's image is built from", () => {
  const dockerfile = assembleDockerfile(OWN, LAMBDA, PINS);

  it("has the downloads of LambdaShellRunner, each verified, with every pin filled in", () => {
    for (const download of ["awscli-exe-linux", "git-lfs", "gitlab-runner-linux"])
      expect(dockerfile).toContain(download);
    expect(dockerfile.match(/^\s*verify-signature\.sh /gm)).toHaveLength(3);
    expect(pinNames(dockerfile)).toEqual(pinNames(LAMBDA).filter((name) => name !== "LAMBDA_DIGEST"));
    expect(dockerfile).not.toMatch(/^ARG \w+=$/m);
    expect(dockerfile).not.toMatch(/^# stage \w+$/m);
  });

  it("is built from base images whose digest is pinned, and from no other stage of LambdaShellRunner's", () => {
    const bases = [...dockerfile.matchAll(/^FROM (.+)$/gm)].map(([, base]) => base);
    expect(bases).toEqual([`${NODE} AS download`, NODE]);
  });

  it("pulls the helper of the gitlab-runner that it installs", () => {
    const [, version] = /^ARG GITLAB_RUNNER_VERSION=(\S+)$/m.exec(LAMBDA) ?? [];
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(dockerfile.match(new RegExp(`^ARG GITLAB_RUNNER_VERSION=${version}$`, "gm"))).toHaveLength(2);
  });

  it("says which stage is missing", () => {
    expect(() => assembleDockerfile("# stage compile\n", LAMBDA, {})).toThrow(
      "The Dockerfile has no stage compile",
    );
  });
});

describe("the archive", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "microvm-code-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const make = (options: readonly string[] = [], TZ = "UTC"): string =>
    execFileSync(
      process.execPath,
      ["--import", "tsx", join(ROOT, "scripts/microvm-code.ts"), "--print", ...options],
      { encoding: "utf8", env: { ...process.env, TZ } },
    ).trim();

  it("is named by its content, the same for the same files in whatever time zone it is made", () => {
    const path = make();
    expect(basename(path)).toMatch(/^[0-9a-f]{32}\.zip$/);
    expect(make([], "Pacific/Kiritimati")).toBe(path);
    const files = unzipSync(readFileSync(path));
    expect(Object.keys(files).sort()).toEqual([
      "Dockerfile",
      "LambdaShellRunner/keys/aws-cli.asc",
      "LambdaShellRunner/sum-of.sh",
      "LambdaShellRunner/verify-signature.sh",
      "glr/microvm.cjs",
    ]);
  });

  it("has another name with the certificate of GitLab's authority, which is in it", () => {
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, "-----BEGIN CERTIFICATE-----\n");
    const path = make(["--ca", ca]);
    expect(path).not.toBe(make());
    expect(Buffer.from(unzipSync(readFileSync(path))["glr/gitlab-ca.pem"] ?? []).toString()).toBe(
      "-----BEGIN CERTIFICATE-----\n",
    );
  });
});
