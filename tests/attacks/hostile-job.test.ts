import { copyFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describeWith } from "../needs";
import { HandlerProcess, isRoot, SECRETS } from "./handler-process";

// Real processes on a machine that may be busy.
jest.setTimeout(60_000);

let handler: HandlerProcess;
beforeAll(async () => {
  handler = await HandlerProcess.open();
  copyFileSync(join(__dirname, "hostile_job.py"), join(handler.folder, "hostile_job.py"));
  handler.start();
});
afterAll(() => handler.close());

/** A job learns who runs it: its shell's parent is gitlab-runner, whose parent is the handler. */
const HANDLER_PID = "handler=$(awk '{ print $4 }' /proc/$PPID/stat)";

const orNone = (read: () => string): string[] => {
  try {
    return [read()];
  } catch {
    return [];
  }
};

const attack = async (runnerId: number, script: readonly string[]): Promise<string> => {
  const outcome = await handler.run(runnerId, [HANDLER_PID, ...script]);
  if (!("result" in outcome)) throw new Error(`${JSON.stringify(outcome)} ${handler.said}`);
  expect(outcome).toMatchObject({ result: { kind: "job-ended", status: "success" } });
  return handler.gitlab.trace(runnerId);
};

describe("a hostile job on a Lambda runner", () => {
  it("T-9: finds the handler's process as its runner's parent", async () => {
    expect(await attack(10, ["echo handler $handler"])).toContain(`handler ${handler.pid}\n`);
  });

  it("T-9: opens no inspector in the handler with SIGUSR1, and the handler lives on", async () => {
    const seen = await attack(11, [
      `python3 ${handler.folder}/hostile_job.py $handler ${handler.inspectorPort}`,
    ]);
    expect(seen).toMatch(/^inspector: refused/m);
    expect(handler.said).not.toContain("Debugger listening");
  });

  it("T-9: opens no inspector in gitlab-runner either", async () => {
    await attack(12, ["kill -USR1 $PPID || true", "sleep 1"]);
    expect(handler.said).not.toContain("Debugger listening");
  });

  it("T-9: gets neither a core file of the handler nor the right to make one", async () => {
    const seen = await attack(13, [
      "grep 'Max core' /proc/$handler/limits",
      "grep 'Max core' /proc/$PPID/limits",
    ]);
    expect(seen.match(/^Max core file size +0 +0 /gm)).toHaveLength(2);
  });

  it("T-9: inherits no descriptor of the handler's", async () => {
    const seen = await attack(14, ["ls -l /proc/$$/fd /proc/self/fd | grep -o ' -> .*'", "sleep 0.1"]);
    const links = [...seen.matchAll(/^ -> (\w+:\[.*\]|\/.*)$/gm)].map(([, link]) => link ?? "");
    expect(links.length).toBeGreaterThan(3);
    const own = (pid: number | string): string[] =>
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => orNone(() => readlinkSync(`/proc/${pid}/fd/${fd}`)));
    // What the test's own process was given is not the handler's.
    const handlers = own(handler.pid).filter((link) => !own("self").includes(link) && link !== "/dev/null");
    expect(handlers.length).toBeGreaterThan(3);
    expect(links.filter((link) => handlers.includes(link))).toEqual([]);
  });

  it("T-9 T-10: leaves nothing that the next job's processes would load", async () => {
    const lines = [
      "echo 'echo loaded >&2' | tee ~/.bashrc ~/.profile ~/.bash_profile ~/.bash_login >/dev/null",
    ];
    const variables = "NODE_OPTIONS=--require=/tmp/x LD_PRELOAD=/tmp/x.so BASH_ENV=~/.profile ENV=~/.profile";
    await attack(15, [...lines, `export ${variables}`]);
    const seen = await attack(16, ["env"]);
    expect(seen).not.toMatch(/^(NODE_OPTIONS|LD_PRELOAD|BASH_ENV|ENV)=|^loaded$/m);
  });

  it("T-9 T-11: is shown no secret by anything of that", () => {
    for (const id of [10, 11, 12, 13, 14, 15, 16]) {
      for (const secret of Object.values(SECRETS)) expect(handler.gitlab.trace(id)).not.toContain(secret);
    }
  });
});

describeWith(isRoot, "no right to start processes of another user")(
  "as a user of its own, as in Lambda",
  () => {
    it.each([
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
    ])("T-9: is refused the handler's %s", (attempt) => {
      expect(handler.gitlab.trace(11)).toMatch(new RegExp(`^${attempt}: refused`, "m"));
    });

    it("T-9: a handler that crashes by a signal leaves no core file", async () => {
      const ended = handler.exit();
      await handler.run(17, [HANDLER_PID, "ulimit -c unlimited || true", "kill -SEGV $handler"]);
      await expect(ended).resolves.toBe("SIGSEGV");
      const files = readdirSync(handler.folder, { recursive: true, encoding: "utf8" });
      expect(files.filter((name) => /(^|\/)core/.test(name))).toEqual([]);
    });
  },
);
