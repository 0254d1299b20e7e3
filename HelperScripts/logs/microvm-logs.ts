import type { Runner, Time } from "../../Core/model/ledger";
import { dayOf } from "../../Core/usage/days";

/** Where the MicroVMs of a job log. */
export interface MicroVmLogs {
  readonly groups: readonly string[];
  readonly streams: readonly string[];
  /** VMs that have no log: MicroVmRunner was deployed so. */
  readonly silent: readonly string[];
}

const MINUTE = 60_000;

/** One that is launched at midnight may begin its log on the next day. */
const daysOf = (launchedAt: Time): readonly string[] => [
  ...new Set([dayOf(launchedAt), dayOf(launchedAt + MINUTE)]),
];

/**
 * Named by the day, the image's version and the VM's own id, which nobody can guess: no VM writes into another's stream, for
 * its role cannot list them.
 */
const streamsOf = ({ resourceId, microVmImage, times }: Runner): readonly string[] =>
  daysOf(times.LAUNCHED ?? 0).map(
    (day) => `${day.replaceAll("-", "/")}[${microVmImage?.imageVersion ?? ""}]${resourceId}`,
  );

/** Those of the runners that have a VM. */
export const microVmLogs = (runners: readonly Runner[]): MicroVmLogs => {
  const launched = runners.filter(({ provider, resourceId }) => provider === "MICROVM" && resourceId);
  const logged = launched.filter(({ microVmImage }) => microVmImage?.logGroup !== undefined);
  return {
    groups: [...new Set(logged.flatMap(({ microVmImage }) => microVmImage?.logGroup ?? []))],
    streams: logged.flatMap(streamsOf),
    silent: launched.filter((each) => !logged.includes(each)).flatMap(({ resourceId }) => resourceId ?? []),
  };
};
