import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describeWith } from "../../tests/needs";
import { argument, baseImages, pinNames, withArguments } from "./dockerfile";
import { awsCliPins, gitLfsPins, gitlabRunnerPins, PUBLISHERS } from "./downloads";
import { imageDigest } from "./registry";
import { Mirror, sha256 } from "./testing/mirror";
import { Publisher } from "./testing/publisher";

const VERIFY = resolve(__dirname, "../../LambdaShellRunner/verify-signature.sh");
const SUM_OF = resolve(__dirname, "../../LambdaShellRunner/sum-of.sh");

const folder = mkdtempSync(join(tmpdir(), "pin-test-"));
const mirror = new Mirror();
beforeAll(() => mirror.open());
afterAll(async () => {
  await mirror.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("pins in a Dockerfile", () => {
  const dockerfile =
    'ARG A_DIGEST=\nFROM public.ecr.aws/a/b:24\u0024{A_DIGEST} AS x\nARG T_SHA256_AMD64=old\nRUN echo "ARG"\n';

  it("are the ARG lines of digests and checksums, and are replaced where they stand", () => {
    expect(pinNames(dockerfile)).toEqual(["A_DIGEST", "T_SHA256_AMD64"]);
    expect([...baseImages(dockerfile)]).toEqual([["A_DIGEST", "public.ecr.aws/a/b:24"]]);
    const pinned = withArguments(dockerfile, { A_DIGEST: "@sha256:1", T_SHA256_AMD64: "new" });
    expect(argument(pinned, "A_DIGEST")).toBe("@sha256:1");
    expect(pinned).toBe(dockerfile.replace("A_DIGEST=\n", "A_DIGEST=@sha256:1\n").replace("old", "new"));
  });

  it("that the Dockerfile does not know are refused", () => {
    expect(() => withArguments(dockerfile, { B_DIGEST: "x" })).toThrow("B_DIGEST");
  });
});

describe("an image's digest", () => {
  const manifest = '{"schemaVersion":2}';
  const image = () => `${mirror.origin.slice("http://".length)}/lambda/nodejs:24`;

  it("is computed from what the registry sends", async () => {
    mirror.putImage("lambda/nodejs", "24", manifest);
    await expect(imageDigest(image(), "http")).resolves.toBe(`sha256:${sha256(manifest)}`);
  });

  it("is refused when the registry names another", async () => {
    mirror.putImage("lambda/nodejs", "24", manifest, `sha256:${sha256("else")}`);
    await expect(imageDigest(image(), "http")).rejects.toThrow("another digest");
  });
});

const hasGpg = spawnSync("gpg", ["--version"]).status === 0;
const withGpg = describeWith(hasGpg, "no gpg");

withGpg("verifying what was downloaded", () => {
  let good: Publisher;
  let other: Publisher;
  beforeAll(() => {
    good = new Publisher(folder, "good");
    other = new Publisher(folder, "other");
  });
  afterAll(() => {
    good.stop();
    other.stop();
  });
  const put = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const verify = (...args: string[]): number | null => spawnSync(VERIFY, args, { stdio: "ignore" }).status;

  it("S-24: takes a good signature of the pinned key alone", () => {
    const file = put("file", "content");
    const signature = put("file.asc", good.detached("content"));
    expect(verify(good.fingerprint, good.key, signature, file)).toBe(0);
    expect(verify(other.fingerprint, good.key, signature, file)).toBe(1);
    expect(verify(other.fingerprint, other.key, signature, file)).not.toBe(0);
    expect(verify(`${other.fingerprint}|${good.fingerprint}`, good.key, signature, file)).toBe(0);
  });

  it("S-24: refuses a changed file, a signature of nobody, and a key that has expired", () => {
    const signature = put("file.asc", good.detached("content"));
    expect(verify(good.fingerprint, good.key, signature, put("file", "changed"))).toBe(1);
    expect(verify(good.fingerprint, good.key, put("none.asc", ""), put("file", "content"))).toBe(1);
    const expired = new Publisher(folder, "expired", "seconds=60", [
      "--faked-system-time",
      "20200101T000000",
    ]);
    const old = put("old.asc", expired.detached("content"));
    expired.stop();
    expect(verify(expired.fingerprint, expired.key, old, put("file", "content"))).toBe(1);
  });

  it("S-24: gives of a signed text what the signature covers, and no more", () => {
    const signed = put("sums.asc", `forged  file\n${good.clear("abc  file\n")}`);
    const out = join(folder, "sums");
    expect(verify(good.fingerprint, good.key, signed, "-o", out)).toBe(0);
    expect(readFileSync(out, "utf8")).toBe("abc  file\n");
  });

  it("S-24 T-24: checks a file against the list's sum and the pinned one, and takes none without a pin", () => {
    const file = put("tool", "tool");
    const sums = put("sums", `${sha256("x")} *binaries/tool2\n${sha256("tool")} *binaries/tool\n`);
    const sum = (...args: string[]): number | null => spawnSync(SUM_OF, args, { stdio: "ignore" }).status;
    expect(sum(sums, "tool", file)).toBe(1);
    expect(sum(sums, "tool", file, "")).toBe(1);
    expect(sum(sums, "tool", file, sha256("tool"))).toBe(0);
    expect(sum(sums, "tool", file, sha256("else"))).toBe(1);
    expect(sum(sums, "tool2", file, sha256("tool"))).toBe(1);
    expect(sum(sums, "nothing", file, sha256("tool"))).toBe(1);
  });

  const values = (): Record<string, string> => ({
    GIT_LFS_VERSION: "3.7.1",
    GIT_LFS_KEYS: `${other.fingerprint}|${good.fingerprint}`,
    GITLAB_RUNNER_VERSION: "19.4.0",
    GITLAB_RUNNER_KEY: good.fingerprint,
    AWS_CLI_VERSION: "2.36.9",
    AWS_CLI_KEY: good.fingerprint,
  });
  const fresh = (): string => mkdtempSync(join(folder, "run-"));
  const read = (name: string): string => values()[name] ?? "";

  it("pins gitlab-runner and git-lfs from their signed lists", async () => {
    const publishers = mirror.publishers(good.key);
    mirror.putGitlabRunner("19.4.0", good);
    await expect(gitlabRunnerPins(read, fresh(), publishers)).resolves.toEqual({
      GITLAB_RUNNER_SHA256_AMD64: sha256("amd64"),
      GITLAB_RUNNER_SHA256_ARM64: sha256("arm64"),
    });
    mirror.putGitLfs("3.7.1", good);
    mirror.put(`/key/${other.fingerprint}`, other.keyText);
    await expect(gitLfsPins(read, fresh(), publishers)).resolves.toEqual({
      GIT_LFS_SHA256_AMD64: sha256("amd64"),
      GIT_LFS_SHA256_ARM64: sha256("arm64"),
    });
  });

  it("T-24: pins nothing of a list that somebody else signed", async () => {
    mirror.putGitlabRunner("19.4.0", other);
    await expect(gitlabRunnerPins(read, fresh(), mirror.publishers(good.key))).rejects.toThrow();
  });

  it("T-24: pins nothing of the AWS CLI that AWS's own key did not sign", async () => {
    mirror.putAwsCli("2.36.9", good);
    await expect(awsCliPins(read, fresh(), mirror.publishers(PUBLISHERS.awsCliKey))).rejects.toThrow();
  });
});
