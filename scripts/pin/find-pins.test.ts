import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerfile as shipped } from "../../tests/image/instructions";
import { describeWith } from "../../tests/needs";
import { argument, baseImages, pinNames, withArguments } from "./dockerfile";
import { findPins, missingPins, type Sources } from "./find-pins";
import { imageDigest } from "./registry";
import { Mirror, sha256 } from "./testing/mirror";
import { Publisher } from "./testing/publisher";

const hasGpg = spawnSync("gpg", ["--version"]).status === 0;

describeWith(hasGpg, "no gpg")("pinning the shipped Dockerfile from a mirror", () => {
  const folder = mkdtempSync(join(tmpdir(), "find-pins-"));
  let mirror: Mirror;
  let signer: Publisher;
  /** The shipped file with our publisher's key, and nothing pinned. */
  let dockerfile: string;
  beforeAll(() => {
    signer = new Publisher(folder, "signer");
    const keys = ["AWS_CLI_KEY", "GIT_LFS_KEYS", "GITLAB_RUNNER_KEY"].map((name) => [
      name,
      signer.fingerprint,
    ]);
    const empty = pinNames(shipped).map((name) => [name, ""]);
    dockerfile = withArguments(shipped, Object.fromEntries([...keys, ...empty]));
  });
  afterAll(() => {
    signer.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    mirror = new Mirror();
    await mirror.open();
    for (const image of baseImages(dockerfile).values()) {
      const [, repository = "", tag = ""] = /^[^/]+\/(.+):(.+)$/.exec(image) ?? [];
      mirror.putImage(repository, tag, repository);
    }
    mirror.putGitLfs(argument(dockerfile, "GIT_LFS_VERSION"), signer);
    mirror.putGitlabRunner(argument(dockerfile, "GITLAB_RUNNER_VERSION"), signer);
    mirror.putAwsCli(argument(dockerfile, "AWS_CLI_VERSION"), signer);
  });
  afterEach(() => mirror.close());

  const sources = (): Sources => {
    const host = mirror.origin.slice("http://".length);
    return {
      publishers: mirror.publishers(signer.key),
      imageDigest: (image) => imageDigest(image.replace(/^[^/]+/, host), "http"),
    };
  };
  const find = (wanted: readonly string[]) =>
    findPins(dockerfile, wanted, mkdtempSync(join(folder, "run-")), sources());

  it("T-24: fills in every digest and every checksum", async () => {
    const { pins, failures } = await find(pinNames(dockerfile));
    expect(failures).toEqual([]);
    const pinned = withArguments(dockerfile, pins);
    expect(missingPins(pinned)).toEqual([]);
    expect(argument(pinned, "LAMBDA_DIGEST")).toBe(`@sha256:${sha256("lambda/nodejs")}`);
    expect(argument(pinned, "AWS_CLI_SHA256_AARCH64")).toBe(sha256("aarch64"));
    expect(mirror.notFound).toEqual([]);
  });

  it("asks only for what is wanted", async () => {
    await mirror.close();
    mirror = new Mirror();
    await mirror.open();
    mirror.putGitLfs(argument(dockerfile, "GIT_LFS_VERSION"), signer);
    const { pins, failures } = await find(["GIT_LFS_SHA256_ARM64"]);
    expect([pins, failures, mirror.notFound]).toEqual([{ GIT_LFS_SHA256_ARM64: sha256("arm64") }, [], []]);
    expect(await find([])).toEqual({ pins: {}, failures: [] });
  });

  it("T-24: pins nothing of a publisher whose signature is not good, says so, and pins the others", async () => {
    const other = new Publisher(mkdtempSync(join(folder, "other-")), "other");
    mirror.putGitlabRunner(argument(dockerfile, "GITLAB_RUNNER_VERSION"), other);
    mirror.put("/runner.asc", signer.keyText);
    other.stop();
    const { pins, failures } = await find(pinNames(dockerfile));
    expect(failures).toEqual([expect.stringMatching(/^GITLAB_RUNNER is not pinned: /)]);
    expect(missingPins(withArguments(dockerfile, pins))).toEqual([
      "GITLAB_RUNNER_SHA256_AMD64",
      "GITLAB_RUNNER_SHA256_ARM64",
    ]);
  });

  it("names the publisher that does not answer", async () => {
    const from = sources();
    await mirror.close();
    const { failures } = await findPins(dockerfile, ["LAMBDA_DIGEST"], folder, from);
    expect(failures).toEqual([
      expect.stringMatching(/^LAMBDA_DIGEST is not pinned: http.* does not answer \(.*ECONNREFUSED/),
    ]);
    await mirror.open();
  });
});
