import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { procTable } from "../../Core/process/process-table";

const MAX_KILL_ROUNDS = 50;

/** Proof that a process belongs to the laptop: a variable of its environment, or a working directory inside the folder. */
export interface OwnershipProof {
  /** e.g. `GLR_LAPTOP_RUN=/tmp/gitlab-runners-x`; without it the folder alone decides. */
  readonly variable?: string;
  readonly folder: string;
}

const orElse = <Result>(work: () => Result, otherwise: Result): Result => {
  try {
    return work();
  } catch {
    // The process has ended meanwhile, or belongs to another user.
    return otherwise;
  }
};

const isInside = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);

const isProven = (pid: number, { variable, folder }: OwnershipProof): boolean => {
  if (
    isInside(
      folder,
      orElse(() => readlinkSync(`/proc/${pid}/cwd`), ""),
    )
  )
    return true;
  if (variable === undefined) return false;
  return orElse(() => readFileSync(`/proc/${pid}/environ`, "utf8"), "")
    .split("\0")
    .includes(variable);
};

const onLinux = (proof: OwnershipProof): number[] => {
  const all = procTable.list();
  const proven = all.filter(({ pid }) => isProven(pid, proof));
  const own = new Set(proven.map(({ pid }) => pid));
  // All members of a session whose leader is owned are owned. The terminal's session has another leader.
  const sessions = new Set(proven.filter(({ pid, session }) => session === pid).map(({ pid }) => pid));
  return all.filter(({ pid, session }) => own.has(pid) || sessions.has(session)).map(({ pid }) => pid);
};

/** macOS: `ps` shows the environment of the user's processes, but no working directory. */
const elsewhere = ({ variable, folder }: OwnershipProof): number[] =>
  orElse(() => execFileSync("ps", ["-axEww", "-o", "pid=,command="], { encoding: "utf8" }), "")
    .split("\n")
    .filter((line) => line.includes(variable ?? `${folder}/`))
    .map((line) => Number.parseInt(line, 10));

/** The processes that are proven to be ours, without this one. */
export const ownedProcesses = (proof: OwnershipProof): number[] =>
  (process.platform === "linux" ? onLinux(proof) : elsewhere(proof)).filter(
    (pid) => pid > 1 && pid !== process.pid,
  );

const send = (pid: number, signal: NodeJS.Signals): boolean => orElse(() => process.kill(pid, signal), false);

/**
 * Ends the processes that are proven to be ours: one SIGTERM for each while the grace period lasts, then SIGKILL
 * until none is left. A second SIGTERM would make gitlab-runner exit without its last report.
 */
export const endOwnedProcesses = async (proof: OwnershipProof, graceMs = 0): Promise<void> => {
  const until = Date.now() + graceMs;
  const asked = new Set<number>();
  for (let round = 0; round < MAX_KILL_ROUNDS; ) {
    const pids = ownedProcesses(proof);
    if (pids.length === 0) return;
    const isGrace = Date.now() < until;
    for (const pid of pids) {
      if (!isGrace) send(pid, "SIGKILL");
      else if (!asked.has(pid)) send(pid, "SIGTERM");
      asked.add(pid);
    }
    if (!isGrace) round += 1;
    await sleep(isGrace ? 150 : 50);
  }
};
