import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { endOwnedProcesses } from "../../local/process/owned-processes";
import { runnerPath } from "../gitlab-runner/binary";
import { RunnerApiDouble } from "../gitlab-runner/runner-api-double";
import { describeWith } from "../needs";
import { asList, asMap, at, ofType, readTemplate } from "../templates/read-template";
import { bundle, freePort, isRoot } from "./handler-process";

// Real processes on a machine that may be busy.
jest.setTimeout(60_000);

const NOBODY = 65_534;
const TOKEN = "glrt-t0kenOfTheRunner1";
const STACKS = ["Infrastructure", "LambdaShellRunner", "MicroVmRunner", "AutoScaler"] as const;

/** The shipped program of a MicroVM, told to run a job of the shell executor, as root with `nobody` for the image's user. */
class RunProcess {
  readonly folder = mkdtempSync(join(tmpdir(), "hostile-vm-"));
  readonly gitlab = new RunnerApiDouble();
  private port = 0;
  said = "";

  async open(): Promise<void> {
    await this.gitlab.start();
    this.port = await freePort();
    chmodSync(this.folder, 0o755);
    bundle("MicroVmRunner/src/main.ts", join(this.folder, "microvm.cjs"));
    copyFileSync(join(__dirname, "hostile_job.py"), join(this.folder, "hostile_job.py"));
    copyFileSync(process.execPath, join(this.folder, "node"));
    chmodSync(join(this.folder, "node"), 0o755);
    // The stand-in bundles itself at its first start, which another user may not do.
    spawnSync(runnerPath(), ["--version"]);
    mkdirSync(join(this.folder, "bin"));
    writeFileSync(
      join(this.folder, "bin/id"),
      `#!/bin/sh\n[ "$2" = job ] && echo ${NOBODY} || exec /usr/bin/id "$@"\n`,
      {
        mode: 0o755,
      },
    );
  }

  /** Runs one job of the script. @returns its log */
  async attack(script: readonly string[]): Promise<string> {
    this.gitlab.push({ id: 7, script: ["vm=$(awk '{ print $4 }' /proc/$PPID/stat)", ...script] });
    const child = spawn(join(this.folder, "node"), [join(this.folder, "microvm.cjs"), "run"], {
      env: {
        PATH: [join(this.folder, "bin"), dirname(process.execPath), process.env.PATH].join(delimiter),
        GLR_ROOT: join(this.folder, "vm"),
        GITLAB_RUNNER: runnerPath(),
        NODE_OPTIONS: `--inspect-port=127.0.0.1:${this.port}`,
      },
      cwd: this.folder,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        this.said += text;
      });
    const payload = {
      url: this.gitlab.url,
      token: TOKEN,
      runnerId: 12,
      executor: "shell",
      image: "alpine:3.22",
      lifetimeSeconds: 600,
      waitTimeoutSeconds: 20,
      deletesOwnRecord: false,
    };
    child.stdin.end(
      JSON.stringify({ microvmId: "microvm-0f2d3c1e", runHookPayload: JSON.stringify(payload) }),
    );
    await new Promise((done) => child.once("close", done));
    if (this.gitlab.state(7) !== "success") throw new Error(`${this.gitlab.state(7)} ${this.said}`);
    return this.gitlab.trace(7);
  }

  async close(): Promise<void> {
    await this.gitlab.stop();
    await endOwnedProcesses({ folder: this.folder });
    rmSync(this.folder, { recursive: true, force: true });
  }

  get inspector(): number {
    return this.port;
  }
}

describeWith(isRoot, "no right to start processes of another user")(
  "a hostile job of the shell executor in a MicroVM",
  () => {
    const vm = new RunProcess();
    let seen = "";
    beforeAll(async () => {
      await vm.open();
      seen = await vm.attack([
        'echo "user $(/usr/bin/id -u) $(/usr/bin/id -g) groups $(/usr/bin/id -G)"',
        'echo "owner $(stat -c %u .)"',
        `ls ${vm.folder}/vm >/dev/null 2>&1 && echo "listed" || echo "list: refused"`,
        `touch ${vm.folder}/vm/x 2>/dev/null && echo "wrote" || echo "write: refused"`,
        `kill -KILL $vm 2>/dev/null && echo "killed" || echo "kill: refused"`,
        `python3 ${vm.folder}/hostile_job.py $vm ${vm.inspector}`,
        "env",
      ]);
    });
    afterAll(() => vm.close());

    it("T-36: is the image's user and in no group of anybody else, in a folder of its own", () => {
      expect(seen).toContain(`user ${NOBODY} ${NOBODY} groups ${NOBODY}\n`);
      expect(seen).toContain(`owner ${NOBODY}\n`);
    });

    it.each([
      "list",
      "write",
      "kill",
      "environ",
      "maps",
      "auxv",
      "io",
      "mem",
      "fd",
      "cwd",
      "ptrace",
      "process_vm_readv",
      "pidfd_getfd",
      "signal",
      "inspector",
    ])("T-36: is refused the %s of the program that has the token", (attempt) => {
      expect(seen).toMatch(new RegExp(`^${attempt}: refused`, "m"));
    });

    it("T-11 T-36: is shown no token by anything of that, and neither is the VM's log", () => {
      expect(seen).not.toContain(TOKEN);
      expect(vm.said).not.toContain(TOKEN);
      expect(vm.said).toContain("RUNNER_ENDED");
    });
  },
);

describe("a job that has root in its MicroVM", () => {
  it("T-36: writes no log that anything of ours reads", () => {
    const readIn = (stack: (typeof STACKS)[number]) =>
      ["AWS::Logs::SubscriptionFilter", "AWS::Logs::MetricFilter"].flatMap((type) =>
        ofType(readTemplate(stack), type),
      );
    expect(readIn("MicroVmRunner")).toEqual([]);
    const read = STACKS.flatMap(readIn).map(({ properties }) => JSON.stringify(properties));
    expect(read.filter((properties) => /microvm/i.test(properties))).toEqual([]);
  });

  it("T-27 T-36: finds no role of ours that may let somebody into a VM", () => {
    const allowed = STACKS.flatMap((stack) => ofType(readTemplate(stack), "AWS::IAM::Role"))
      .flatMap(({ properties }) => asList(properties.Policies))
      .flatMap((policy) => asList(at(policy, "PolicyDocument", "Statement")).map(asMap))
      .filter(({ Effect }) => Effect === "Allow")
      .map(({ Action }) => JSON.stringify(Action));
    expect(allowed.filter((actions) => /AuthToken|ConnectMicrovm|lambda:\*/.test(actions))).toEqual([]);
  });
});
