import type { Runner, Time } from "../../Core/model/ledger";
import type { Console } from "../console/console";
import { table } from "../console/table";
import { moment } from "../console/words";
import { keptJson, keptVm } from "./kept";

/** Those of the runners that are not gone, and those that are kept. */
export interface MicroVmRunners {
  readonly alive: readonly Runner[];
  readonly kept: readonly Runner[];
}

const counted = (alive: readonly Runner[]) => {
  const count = (state: Runner["state"]) =>
    alive.filter((each) => each.provider === "MICROVM" && each.state === state).length;
  return { starting: count("STARTING"), busy: count("BUSY"), ending: count("ENDING") };
};

const row = ({ jobId, busyJobId, order, resourceId = "–", keptUntil = 0 }: Runner): readonly string[] => [
  String(busyJobId ?? jobId),
  order?.jobName ?? "–",
  resourceId,
  moment(keptUntil),
];

/** MicroVMs by their state; empty: there are none. */
export const microVmsText = (console: Console, { alive, kept }: MicroVmRunners): readonly string[] => {
  const { starting, busy, ending } = counted(alive);
  if (starting + busy + ending + kept.length === 0) return [];
  const line = `MicroVMs: ${starting} starting, ${busy} busy, ${ending} ending, ${kept.length} kept`;
  if (kept.length === 0) return ["", line];
  const head = ["job", "name", "MicroVM", "kept until (UTC)"];
  return ["", `${line} (why JOB tells how to look into one)`, table(console, head, kept.map(row))];
};

/** For programs. */
export const microVmsJson = ({ alive, kept }: MicroVmRunners, region: string, now: Time) => ({
  ...counted(alive),
  kept: kept.flatMap((runner) => {
    const vm = keptVm(runner, region, now);
    return vm ? [keptJson(vm)] : [];
  }),
});
