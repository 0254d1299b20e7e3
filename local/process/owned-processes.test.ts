import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWith } from "../../tests/needs";
import { endOwnedProcesses, ownedProcesses } from "./owned-processes";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "owned-")));
const variable = `GLR_LAPTOP_RUN=${folder}`;
const started: ChildProcess[] = [];

const sleeper = (
  options: { env?: Record<string, string>; cwd?: string; script?: string } = {},
): ChildProcess => {
  const child = spawn("bash", ["-c", options.script ?? "exec sleep 300"], {
    env: { PATH: process.env.PATH ?? "", ...options.env },
    cwd: options.cwd ?? "/",
    detached: true,
    stdio: "ignore",
  });
  started.push(child);
  return child;
};

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

afterAll(() => {
  for (const child of started) if (isAlive(child)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

// Elsewhere `ps` shows environments but neither working folders nor sessions.
const describeOnLinux = describeWith(process.platform === "linux", "no /proc");

describeOnLinux("ownedProcesses (Linux: by /proc)", () => {
  it("ends what is proven to be the run's and leaves a bystander of the same user alone", async () => {
    const bystander = sleeper();
    const otherRun = sleeper({ env: { GLR_LAPTOP_RUN: `${folder}-other` } });
    const marked = sleeper({ env: { GLR_LAPTOP_RUN: folder } });
    const stubborn = sleeper({ cwd: folder, script: "trap '' TERM; while :; do sleep 0.1; done" });
    // Its child has scrubbed its environment and left the folder, but not the session that a marked one leads.
    const leader = sleeper({ env: { GLR_LAPTOP_RUN: folder }, script: "cd / && env -i sleep 300 & wait" });
    await settle();

    const pids = ownedProcesses({ variable, folder });
    expect(pids).toEqual(expect.arrayContaining([marked.pid, stubborn.pid, leader.pid]));
    expect(pids.length).toBeGreaterThanOrEqual(4);
    for (const foreign of [bystander.pid, otherRun.pid, process.pid]) expect(pids).not.toContain(foreign);

    await endOwnedProcesses({ variable, folder }, 100);
    expect(ownedProcesses({ variable, folder })).toEqual([]);
    expect([isAlive(bystander), isAlive(otherRun)]).toEqual([true, true]);
  }, 20_000);

  it("asks each process to end once: the second SIGTERM makes gitlab-runner give up its last report", async () => {
    const told = join(folder, "told");
    const script = `trap 'echo told >>told' TERM; for _ in {1..8}; do sleep 0.1; done`;
    sleeper({ cwd: folder, script });
    await settle();
    await endOwnedProcesses({ folder }, 3_000);
    expect(readFileSync(told, "utf8")).toBe("told\n");
  }, 20_000);

  it("decides by the folder alone when there is no variable, and not by a folder with the same prefix", async () => {
    const inside = sleeper({ cwd: folder });
    const marked = sleeper({ env: { GLR_LAPTOP_RUN: folder } });
    await settle();
    expect(ownedProcesses({ folder })).toEqual([inside.pid]);
    expect(ownedProcesses({ folder: folder.slice(0, -1) })).toEqual([]);
    for (const child of [inside, marked]) child.kill("SIGKILL");
  }, 20_000);
});
