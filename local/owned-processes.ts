import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { procTable } from "../Core/process/process-table";

/** By what a process is proven to be ours: a variable in its environment, or working inside a folder of ours. */
export interface Proof {
  /** e.g. `GLR_LAPTOP_RUN=/tmp/gitlab-runners-x`; absent: the folder alone counts. */
  readonly variable?: string;
  readonly folder: string;
}

const quietly = <Result>(work: () => Result, otherwise: Result): Result => {
  try {
    return work();
  } catch {
    // The process has ended meanwhile, or is another user's.
    return otherwise;
  }
};

const isInside = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);

const isProven = (pid: number, { variable, folder }: Proof): boolean => {
  if (
    isInside(
      folder,
      quietly(() => readlinkSync(`/proc/${pid}/cwd`), ""),
    )
  )
    return true;
  if (variable === undefined) return false;
  return quietly(() => readFileSync(`/proc/${pid}/environ`, "utf8"), "")
    .split("\0")
    .includes(variable);
};

const onLinux = (proof: Proof): number[] => {
  const all = procTable.list();
  const proven = all.filter(({ pid }) => isProven(pid, proof));
  const own = new Set(proven.map(({ pid }) => pid));
  // What belongs to the session that one of ours leads is ours too; the terminal's own session never is.
  const sessions = new Set(proven.filter(({ pid, session }) => session === pid).map(({ pid }) => pid));
  return all.filter(({ pid, session }) => own.has(pid) || sessions.has(session)).map(({ pid }) => pid);
};

/** macOS: `ps` shows the environment of the user's own processes, and no working folder. */
const elsewhere = ({ variable, folder }: Proof): number[] =>
  quietly(() => execFileSync("ps", ["-axEww", "-o", "pid=,command="], { encoding: "utf8" }), "")
    .split("\n")
    .filter((line) => line.includes(variable ?? `${folder}/`))
    .map((line) => Number.parseInt(line, 10));

/** The processes that are proven to be ours, but for this one. */
export const ownedProcesses = (proof: Proof): number[] =>
  (process.platform === "linux" ? onLinux(proof) : elsewhere(proof)).filter(
    (pid) => pid > 1 && pid !== process.pid,
  );

/** Ends them: SIGTERM first when there is time for it, then SIGKILL until none is left. */
export const endOwnedProcesses = async (proof: Proof, patienceMs = 0): Promise<void> => {
  const until = Date.now() + patienceMs;
  for (let round = 0; round < 50; round += 1) {
    const pids = ownedProcesses(proof);
    if (pids.length === 0) return;
    const isPatient = Date.now() < until;
    for (const pid of pids) quietly(() => process.kill(pid, isPatient ? "SIGTERM" : "SIGKILL"), false);
    await sleep(isPatient ? 150 : 50);
  }
};
