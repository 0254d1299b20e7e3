import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { argument, baseImages, pinNames } from "../scripts/pin/dockerfile";
import { dockerfile, downloads, instructions, runs } from "../tests/image/instructions";
import { describeWith } from "../tests/needs";

const ROOT = resolve(__dirname, "..");

/** Pins that are still empty, each with the reason. A build of the image stops at them; the list only gets shorter. */
const NOT_FETCHED_YET = "not fetched yet: no network to the publisher";
const NOT_PINNED: Readonly<Record<string, string>> = {
  NODE_DIGEST: NOT_FETCHED_YET,
  LAMBDA_DIGEST: NOT_FETCHED_YET,
  AWS_CLI_SHA256_X86_64: NOT_FETCHED_YET,
  AWS_CLI_SHA256_AARCH64: NOT_FETCHED_YET,
  GIT_LFS_SHA256_AMD64: NOT_FETCHED_YET,
  GIT_LFS_SHA256_ARM64: NOT_FETCHED_YET,
  GITLAB_RUNNER_SHA256_AMD64: NOT_FETCHED_YET,
  GITLAB_RUNNER_SHA256_ARM64: NOT_FETCHED_YET,
};

/** The pins that hold nothing of this form. */
const without = (form: RegExp, names: readonly string[]): readonly string[] =>
  names.filter((name) => !form.test(argument(dockerfile, name) ?? ""));
const isOnTheList = (name: string): boolean => name in NOT_PINNED;

describe("S-24: the image", () => {
  it("is built from base images whose digest is pinned by an argument, except those on the list", () => {
    const bases = instructions.filter((line) => line.startsWith("FROM "));
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases)
      expect(base).toMatch(/^FROM public\.ecr\.aws\/\S+:[\w.-]+\$\{\w+_DIGEST\}( AS \w+)?$/);
    const names = [...baseImages(dockerfile).keys()];
    expect(without(/^@sha256:[0-9a-f]{64}$/, names)).toEqual(names.filter(isOnTheList));
  });

  it("T-24: has no empty pin but those on the list, and none on the list that is there", () => {
    const empty = pinNames(dockerfile).filter((name) => argument(dockerfile, name) === "");
    expect(empty.sort()).toEqual(Object.keys(NOT_PINNED).sort());
  });

  it("T-24: is not built from a base image without a digest, and the remedy is said", () => {
    const check = runs.find((run) => run.includes("NODE_DIGEST")) ?? "";
    const build = (env: Record<string, string>) =>
      spawnSync("sh", ["-c", check.slice("RUN ".length)], { env: { PATH: process.env.PATH, ...env } });
    expect(instructions.indexOf(check)).toBeLessThan(instructions.indexOf(runs[1] ?? ""));
    expect(build({ NODE_DIGEST: "@sha256:1", LAMBDA_DIGEST: "@sha256:2" }).status).toBe(0);
    const refused = build({ NODE_DIGEST: "@sha256:1", LAMBDA_DIGEST: "" });
    expect(refused.status).not.toBe(0);
    expect(refused.stderr.toString()).toMatch(/LAMBDA_DIGEST: is not pinned: run npm run pin -- --missing/);
  });

  it("pins every version and has a place for every checksum", () => {
    const versions = [...dockerfile.matchAll(/^ARG (\w+)_VERSION=(.*)$/gm)];
    expect(versions.map(([, name]) => name)).toEqual(["AWS_CLI", "GIT_LFS", "GITLAB_RUNNER"]);
    for (const [, name, version] of versions) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(pinNames(dockerfile).filter((pin) => pin.startsWith(`${name}_SHA256_`))).toHaveLength(2);
    }
    const sums = pinNames(dockerfile).filter((name) => name.includes("SHA256"));
    expect(without(/^[0-9a-f]{64}$/, sums)).toEqual(sums.filter(isOnTheList));
  });

  it("uses no download before a signature by a pinned key was verified", () => {
    expect(downloads).toHaveLength(3);
    for (const run of downloads) {
      const verified = run.indexOf("verify-signature.sh");
      const used = Math.min(
        ...["unzip", "tar -x", "install -D", "./aws/install"]
          .map((use) => run.indexOf(use))
          .filter((at) => at > 0),
      );
      expect(verified).toBeGreaterThan(run.lastIndexOf("curl"));
      expect(used).toBeGreaterThan(verified);
      expect(run.slice(verified, used)).toMatch(/sum-of\.sh|sha256sum --check/);
    }
  });

  it("fetches over https alone, pipes nothing into a shell and adds no address", () => {
    for (const run of runs)
      expect(run).not.toMatch(/\|\s*(sudo\s+)?(ba|z|da)?sh\b|wget|npx --yes|--insecure|http:/);
    for (const run of downloads)
      expect(run.match(/curl /g)).toHaveLength(run.match(/curl --proto =https --fail/g)?.length ?? 0);
    expect(instructions.filter((line) => /^ADD\b/.test(line))).toEqual([]);
  });

  it("names keys by full fingerprints", () => {
    const keys = [...dockerfile.matchAll(/^ARG \w+_KEYS?=(.*)$/gm)].flatMap(
      ([, value]) => value?.split("|") ?? [],
    );
    expect(keys).toHaveLength(5);
    for (const key of keys) expect(key).toMatch(/^[0-9A-F]{40}$/);
  });

  it("T-9: makes gitlab-runner and node unreadable for the function's user", () => {
    expect(runs.some((run) => run.includes("install -D -m 0711"))).toBe(true);
    expect(runs).toContain("RUN chmod 0711 /var/lang/bin/node");
    expect(
      instructions.filter((line) => line.includes("/usr/local/bin/gitlab-runner ")).join(),
    ).not.toContain("chmod");
  });

  it("T-9: starts node without its inspector, and with no core files", () => {
    expect(instructions).toContain("ENV NODE_OPTIONS=--disable-sigusr1");
    const entry = instructions.filter((line) => line.startsWith("ENTRYPOINT "));
    const [command = "", ...words] = JSON.parse((entry[0] ?? "").replace("ENTRYPOINT ", "")) as string[];
    expect([entry.length, words.at(-1)]).toEqual([1, "lambda-entrypoint.sh"]);
    const started = words.map((word) =>
      word.replace("exec /lambda-entrypoint.sh", 'ulimit -c; ulimit -Hc; printf "%s|"'),
    );
    const run = spawnSync(command, [...started, "handler.handler"], { encoding: "utf8" });
    expect(run.stdout).toBe("0\n0\nhandler.handler|");
  });

  it("changes last what changes most: the handler", () => {
    expect(instructions.at(-2)).toMatch(/^COPY --from=bundle \/out\/ \$\{LAMBDA_TASK_ROOT\}\/$/);
    expect(instructions.at(-1)).toBe('CMD ["handler.handler"]');
  });

  it("gets of the repository only what it is built from", () => {
    const ignore = readFileSync(join(ROOT, ".dockerignore"), "utf8")
      .split("\n")
      .filter((line) => !line.startsWith("#"));
    expect(ignore[0]).toBe("*");
    const allowed = ignore.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    const copied = instructions
      .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
      .flatMap((line) => line.split(" ").slice(1, -1))
      .map((path) => path.replace(/^\.\//, ""));
    for (const path of copied) expect(allowed).toContain(path);
    expect([...allowed].sort()).toEqual([...copied, "LambdaShellRunner/Dockerfile"].sort());
  });
});

const hasGpg = spawnSync("gpg", ["--version"]).status === 0;
describeWith(hasGpg, "no gpg")("S-24: keys in the repository", () => {
  it("S-24: the AWS CLI's key in the repository is the one whose fingerprint is pinned", () => {
    const home = mkdtempSync(join(tmpdir(), "gpg-"));
    const show = ["--show-keys", "--with-colons", join(__dirname, "keys/aws-cli.asc")];
    const listing = spawnSync("gpg", ["--homedir", home, ...show]);
    rmSync(home, { recursive: true, force: true });
    expect(listing.stdout.toString()).toContain(`:${argument(dockerfile, "AWS_CLI_KEY")}:`);
  });
});

const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
describeWith(hasShellcheck, "no shellcheck")("S-25: the scripts", () => {
  it("S-25: shellcheck finds nothing in the image's scripts, and they are strict", () => {
    for (const name of ["verify-signature.sh", "sum-of.sh"]) {
      expect(spawnSync("shellcheck", [join(__dirname, name)]).stdout.toString()).toBe("");
      expect(readFileSync(join(__dirname, name), "utf8")).toContain("set -euo pipefail");
    }
  });
});

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
describeWith(isRoot, "no right to start processes of another user")(
  "T-9: a binary of root's that can be run and not read",
  () => {
    const NOBODY = 65_534;
    const environOf = (mode: number): string => {
      const folder = mkdtempSync(join(tmpdir(), "unreadable-"));
      const binary = join(folder, "node");
      chmodSync(folder, 0o755);
      copyFileSync(process.execPath, binary);
      chmodSync(binary, mode);
      const script = 'process.stdout.write("up"); setTimeout(() => {}, 60_000)';
      const env = { SECRET_OF_THE_FUNCTION: "yes" };
      const running = spawn(binary, ["-e", script], {
        uid: NOBODY,
        gid: NOBODY,
        env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      const look =
        'until grep -q . "$0" 2>/dev/null || [ $((i += 1)) -gt 50 ]; do sleep 0.02; done; cat "$0"';
      const seen = spawnSync("bash", ["-c", look, `/proc/${running.pid}/environ`], {
        uid: NOBODY,
        gid: NOBODY,
      });
      running.kill("SIGKILL");
      rmSync(folder, { recursive: true });
      return seen.stdout.toString();
    };

    it("hides its environment from processes of the same user, as a readable one does not", () => {
      expect(environOf(0o711)).toBe("");
      expect(environOf(0o755)).toContain("SECRET_OF_THE_FUNCTION=yes");
    });
  },
);
