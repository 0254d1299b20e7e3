/**
 * Waits until the laptop's process has ended (its standard input then does), ends what of that run is still
 * alive and removes the run's folder. Only what is provably the run's is ended: a process that carries the
 * run's mark in its environment, or works inside the run's folder, or belongs to the session of such a one.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const MARK = "GLR_LAPTOP_RUN";
const run = process.argv[2] ?? "";
// A path of ours and nothing shorter: the folder is removed at the end.
if (!/\/gitlab-runners-[^/]+$/.test(run)) process.exit(2);

const quietly = <Result>(work: () => Result, otherwise: Result): Result => {
  try {
    return work();
  } catch {
    // The process has ended meanwhile, or is another user's.
    return otherwise;
  }
};

const isInside = (path: string): boolean => path === run || path.startsWith(`${run}/`);

const isMarked = (pid: number): boolean =>
  quietly(() => readFileSync(`/proc/${pid}/environ`, "utf8"), "")
    .split("\0")
    .includes(`${MARK}=${run}`) || isInside(quietly(() => readlinkSync(`/proc/${pid}/cwd`), ""));

/** Fields after the command's name, which may hold spaces and brackets: state, parent, group, session. */
const sessionOf = (pid: number): number => {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, "utf8"), "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3] ?? 0);
};

const onLinux = (): number[] => {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = all.filter(isMarked);
  // A session counts when its leader is one of ours: the terminal's session, say, is not.
  const sessions = new Set(marked.filter((pid) => sessionOf(pid) === pid));
  return all.filter((pid) => marked.includes(pid) || sessions.has(sessionOf(pid)));
};

/** macOS shows a process's environment to `ps` (own processes only). */
const elsewhere = (): number[] =>
  quietly(() => execFileSync("ps", ["-axEww", "-o", "pid=,command="], { encoding: "utf8" }), "")
    .split("\n")
    .filter((line) => line.includes(`${MARK}=${run}`))
    .map((line) => Number.parseInt(line, 10));

const left = (): number[] =>
  (process.platform === "linux" ? onLinux() : elsewhere()).filter((pid) => pid > 1 && pid !== process.pid);

const endAll = async (): Promise<void> => {
  for (let round = 0; round < 20; round += 1) {
    const pids = left();
    if (pids.length === 0) return;
    for (const pid of pids) quietly(() => process.kill(pid, round === 0 ? "SIGTERM" : "SIGKILL"), false);
    await sleep(round === 0 ? 300 : 100);
  }
};

const finish = async (): Promise<void> => {
  await endAll();
  rmSync(run, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
};

process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("SIGHUP", () => undefined);
process.stdin.resume();
process.stdin.on("close", () => void finish());
