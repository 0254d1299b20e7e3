import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWith } from "../tests/needs";

const SCRIPT = join(__dirname, "prepare-image.sh");
const INSTALL = join(__dirname, "install.sh");
const DOCKERFILE = readFileSync(join(__dirname, "../LambdaShellRunner/Dockerfile"), "utf8");
const VERSION = /^ARG GITLAB_RUNNER_VERSION=(.+)$/m.exec(DOCKERFILE)?.[1] ?? "";

/** Commands of a machine that is fit. */
const FIT: Readonly<Record<string, string>> = {
  "systemd-run": "",
  shutdown: "",
  iptables: "",
  ip6tables: "",
  docker: "",
  git: "",
  "cloud-init": "",
  mkfifo: "",
  systemctl: '[[ "$*" != *gitlab-runner* ]]',
  curl: 'if [[ $1 == --version ]]; then echo "curl 8.5.0 (x86_64)"; else exit 7; fi',
  "gitlab-runner": `echo "Version:      ${VERSION}"`,
  aws: 'echo "aws-cli/2.36.9 Python/3.13"',
  stat: 'echo "711 root"',
};

describe("the image's preparation", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gitlab-runners-ami-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const check = (change: Readonly<Record<string, string>> = {}, word = "check") => {
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    for (const [name, script] of Object.entries({ ...FIT, ...change })) {
      writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    return spawnSync("bash", [SCRIPT, word], {
      encoding: "utf8",
      env: { PATH: `${bin}:/usr/bin:/bin`, GLR_ROOT: folder, HOME: folder },
    });
  };

  it("says of a fit machine that it is", () => {
    const { status, stdout } = check();
    expect(stdout).not.toContain("MISS");
    expect(stdout).toContain("Fit to be a runner's image.");
    expect(status).toBe(0);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ["curl of Ubuntu 22.04", { curl: 'echo "curl 7.81.0 (x86_64)"' }, "curl is 8 or newer"],
    [
      "curl that cannot sign",
      { curl: '[[ $1 == --version ]] && echo "curl 8.5.0" || exit 4' },
      "curl is 8 or newer",
    ],
    ["another gitlab-runner", { "gitlab-runner": 'echo "Version:      15.0.0"' }, "gitlab-runner is version"],
    ["a readable gitlab-runner", { stat: 'echo "755 root"' }, "can be run, not read"],
    ["a gitlab-runner service", { systemctl: "true" }, "no gitlab-runner service"],
    ["AWS CLI 1", { aws: 'echo "aws-cli/1.44.0"' }, "AWS CLI is version 2"],
    ["Docker not enabled", { systemctl: "false" }, "docker starts with the machine"],
  ])(
    "T-8 P-16: says of a machine with %s that it is not fit, and what is wrong",
    (_what, change, sentence) => {
      const { status, stdout, stderr } = check(change);
      expect(stdout).toMatch(new RegExp(`^MISS.*${sentence}`, "m"));
      expect(stderr).toContain("Not fit: 1 of these checks failed");
      expect(status).toBe(1);
    },
  );

  it("T-13: finds a runner's configuration that was left on the disk", () => {
    mkdirSync(join(folder, "etc/gitlab-runner"), { recursive: true });
    writeFileSync(join(folder, "etc/gitlab-runner/config.toml"), "");
    expect(check().stdout).toContain("MISS  no runner configuration");
  });

  it("refuses an unknown word", () => {
    expect(check({}, "chek").status).toBe(2);
  });

  describeWith(process.getuid?.() === 0, "no right to prepare a machine")("of a machine", () => {
    it("T-24: installs nothing while a checksum is missing, and says what to do", () => {
      const copy = join(folder, "copy/Ec2Runner");
      cpSync(SCRIPT, join(copy, "prepare-image.sh"));
      cpSync(INSTALL, join(copy, "install.sh"));
      mkdirSync(join(folder, "copy/LambdaShellRunner"));
      writeFileSync(
        join(folder, "copy/LambdaShellRunner/Dockerfile"),
        DOCKERFILE.replace(/^(ARG \w+_SHA256_\w+=).*$/gm, "$1"),
      );
      mkdirSync(join(folder, "bin"));
      for (const name of ["dnf", "apt-get", "curl", "systemctl"])
        writeFileSync(join(folder, "bin", name), `#!/bin/sh\ntouch ${folder}/called\nexit 1\n`, {
          mode: 0o755,
        });
      const { status, stderr } = spawnSync("bash", [join(copy, "prepare-image.sh"), "prepare"], {
        encoding: "utf8",
        env: { PATH: `${folder}/bin:/usr/bin:/bin`, GLR_ROOT: folder, HOME: folder },
      });
      expect(status).toBe(1);
      expect(stderr).toContain("run npm run pin -- --missing");
      expect(existsSync(join(folder, "called"))).toBe(false);
    });
  });

  it("S-24: downloads over https only, and installs no binary that it has not verified", () => {
    const install = readFileSync(INSTALL, "utf8");
    const script = readFileSync(SCRIPT, "utf8");
    expect(
      `${install}${script}`.match(/https?:\/\/[^\s"')]+/g)?.filter((url) => !url.startsWith("https://")),
    ).toEqual(["http://127.0.0.1:9/"]);
    expect(`${install}${script}`).not.toMatch(
      /curl[^\n]*\|\s*(ba)?sh|--insecure|--nogpgcheck|--allow-unauthenticated|-k /,
    );
    const runner = install.slice(install.indexOf("install_gitlab_runner()"));
    expect(runner.indexOf("verify_signature")).toBeLessThan(runner.indexOf("sum_of"));
    expect(runner.indexOf("sum_of")).toBeLessThan(runner.indexOf("install -m 0711"));
    const cli = script.slice(script.indexOf("install_aws_cli()"));
    expect(cli.indexOf("verify_signature")).toBeLessThan(cli.indexOf("unzip -q"));
  });

  it.each(["GITLAB_RUNNER_VERSION", "GITLAB_RUNNER_KEY", "AWS_CLI_VERSION", "AWS_CLI_KEY"])(
    "finds the pin %s where the Lambda runner has it",
    (name) => {
      expect(DOCKERFILE).toMatch(new RegExp(`^ARG ${name}=\\S+$`, "m"));
      const scripts = `${readFileSync(SCRIPT, "utf8")}${readFileSync(INSTALL, "utf8")}`;
      expect(scripts).toMatch(new RegExp(`\\$\\(pin ${name}\\)|\\$${name}\\b`));
    },
  );

  describeWith(spawnSync("shellcheck", ["--version"]).status === 0, "no shellcheck")("by shellcheck", () => {
    it("has no finding", () => {
      expect(spawnSync("shellcheck", ["-e", "SC1091", SCRIPT], { encoding: "utf8" }).stdout).toBe("");
    });
  });
});
