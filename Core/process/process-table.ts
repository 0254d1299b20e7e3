import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** An entry of the system's process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** 0 where the system does not show it. */
  readonly session: number;
  /** The start time as the system prints it. Together with the pid it identifies the process. */
  readonly started: string;
  /** Has exited, but its parent has not yet collected its status. */
  readonly isZombie: boolean;
}

/** Read access to this machine's processes. */
export interface ProcessTable {
  list(): ProcessEntry[];
  /** A process's initial environment and its limits, as text; empty where they are not readable. */
  inherited(pid: number): { readonly environment: string; readonly limits: string };
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // The process has ended, or we may not read it.
    return "";
  }
};

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. The name in parentheses may hold any character. */
export const parseStat = (pid: number, stat: string): ProcessEntry | undefined => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 20) return undefined;
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    started: fields[19] ?? "",
    isZombie: fields[0] === "Z" || fields[0] === "X",
  };
};

/** Linux: everything from /proc. */
export const procTable: ProcessTable = {
  list: () =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => parseStat(Number(name), read(`/proc/${name}/stat`)) ?? []),
  inherited: (pid) => ({ environment: read(`/proc/${pid}/environ`), limits: read(`/proc/${pid}/limits`) }),
};

/** One line of `ps -A -o pid=,ppid=,pgid=,stat=,lstart=`. */
export const parsePsLine = (line: string): ProcessEntry | undefined => {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line);
  if (!match) return undefined;
  const [, pid, parent, group, state, started] = match;
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    session: 0,
    started: started?.trim() ?? "",
    isZombie: state?.startsWith("Z") ?? false,
  };
};

/** macOS: descent and process groups only. */
export const psTable: ProcessTable = {
  list: () =>
    execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="], { encoding: "latin1" })
      .split("\n")
      .flatMap((line) => parsePsLine(line) ?? []),
  inherited: () => ({ environment: "", limits: "" }),
};

export const systemTable = (): ProcessTable => (process.platform === "linux" ? procTable : psTable);
