import { readFileSync } from "node:fs";
import type { Laptop } from "../local/laptop/laptop";
import { RUN_MARK } from "../local/laptop/run-folder";
import { ownedProcesses } from "../local/process/owned-processes";

/** Resident memory of one process in MiB; 0 when it has ended, or where there is no /proc. */
const residentMiB = (pid: number): number => {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(line?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
};

export interface Memory {
  /** This process: stand-in, webhook API, Lambda host and its workers, EC2 simulator. */
  readonly ownMiB: number;
  readonly engineMiB: number;
  /** All processes of the run, runners and jobs included. */
  readonly allMiB: number;
}

export const measureMemory = (laptop: Laptop): Memory => {
  const proof = { variable: `${RUN_MARK}=${laptop.run.path}`, folder: laptop.run.path };
  const ownMiB = residentMiB(process.pid);
  const others = ownedProcesses(proof).reduce((sum, pid) => sum + residentMiB(pid), 0);
  return { ownMiB, engineMiB: residentMiB(laptop.aws.pid ?? 0), allMiB: ownMiB + others };
};

/** Measures every two seconds, since reading all processes takes time itself; `peak()` ends it. */
export const watchMemory = (laptop: Laptop): { readonly peak: () => Memory } => {
  let peak = measureMemory(laptop);
  const timer = setInterval(() => {
    const now = measureMemory(laptop);
    if (now.allMiB > peak.allMiB) peak = now;
  }, 2_000);
  timer.unref();
  return {
    peak: () => {
      clearInterval(timer);
      return peak;
    },
  };
};

export const memoryText = ({ ownMiB, engineMiB, allMiB }: Memory): string =>
  `${allMiB.toFixed(0)} MiB in all (laptop ${ownMiB.toFixed(0)}, engine ${engineMiB.toFixed(0)})`;
