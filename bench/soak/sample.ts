import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Laptop } from "../../local/laptop/laptop";
import { readLedger } from "../../local/laptop/ledger-view";
import { measureMemory } from "../memory";
import { spentUsd } from "./spend";

/** What is counted from outside while the laptop runs. */
export interface Counters {
  /** Rights used by functions and services: about one for each AWS call. */
  readonly rights: number;
  /** Calls of functions. */
  readonly calls: number;
  /** Of runner functions that have ended. */
  readonly lambdaSeconds: number;
}

/** The laptop at a moment of a soak. */
export interface SoakSample extends Counters {
  readonly seconds: number;
  readonly endedJobs: number;
  /** JavaScript heap of the laptop's main thread, after a collection. */
  readonly heapMiB: number;
  readonly laptopMiB: number;
  readonly engineMiB: number;
  /** Open file descriptors: files, sockets, pipes. */
  readonly laptopHandles: number;
  readonly engineHandles: number;
  /** Ledger items that something is still to be done for, runner records and instances. */
  readonly openItems: number;
  readonly ledgerItems: number;
  /** Of the runners so far, see `spentUsd`. */
  readonly usd: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Open file descriptors of a process; 0 where there is no /proc. */
export const handlesOf = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
};

const ENDED = ["success", "failed", "canceled"];

export const takeSample = async (laptop: Laptop, since: number, counters: Counters): Promise<SoakSample> => {
  const ledger = await readLedger(laptop.env, laptop.stacks.AutoScaler.outputs.LedgerTableName ?? "");
  const remaining = ledger.open + (laptop.standIn?.runners().length ?? 0) + laptop.ec2.running();
  collectGarbage();
  const { ownMiB, engineMiB } = measureMemory(laptop);
  return {
    ...counters,
    seconds: (Date.now() - since) / 1_000,
    endedJobs: laptop.standIn?.jobs().filter(({ status }) => ENDED.includes(status)).length ?? 0,
    heapMiB: process.memoryUsage().heapUsed / 1_048_576,
    laptopMiB: ownMiB,
    engineMiB,
    laptopHandles: handlesOf(process.pid),
    engineHandles: handlesOf(laptop.aws.pid ?? 0),
    openItems: remaining,
    ledgerItems: ledger.attempts.length + ledger.runners.length,
    usd: spentUsd(laptop.ec2.instances(), counters.lambdaSeconds, Date.now()),
  };
};
