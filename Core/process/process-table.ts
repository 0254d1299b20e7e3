import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** 0 where the system does not tell. */
  readonly session: number;
  /** When it was started, in the system's own words: with the pid it names one process for ever. */
  readonly started: string;
  /** Dead and not yet taken off the list: it cannot be ended any more, and needs not. */
  readonly isZombie: boolean;
}

/** What can be known of the processes on this machine. */
export interface ProcessTable {
  list(): ProcessEntry[];
  /** Environment and limits that a process was started with or inherited, as text; empty where it may not be read. */
  inherited(pid: number): { readonly environment: string; readonly limits: string };
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // Gone in the meantime, or not ours to read.
    return "";
  }
};

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name in brackets may hold anything. */
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
