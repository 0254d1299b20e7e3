import type { RunnerClass } from "../../../Core/model/runner-class";
import { microVmClasses } from "../../mapping/mapped-classes";
import { deployedRows } from "../../mapping/stored-rows";
import { type Check, type DoctorContext, type DoctorFinding, ok, warning } from "../finding";
import { QUOTA, quotaLink, readQuota } from "./quotas";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MEMORY_GB = "L-CD1C0CC4";
const LAUNCH_RATE = "L-535CA9B6";
const LAUNCH_BURST = "L-91B95582";

/** As AWS grants them by default, and as many as starts make use of. */
const USUAL_LAUNCHES = 5;
const MIB_PER_GB = 1024;

/** GB that the runners of the largest class need, as many as there may be. */
const needed = (classes: readonly RunnerClass[]): number =>
  Math.max(
    ...classes.map(({ maxRunners, microVm }) => (maxRunners * (microVm?.memoryMiB ?? 0)) / MIB_PER_GB),
  );

const memoryFinding = (
  doctorContext: DoctorContext,
  quota: number,
  classes: readonly RunnerClass[],
): DoctorFinding => {
  const wanted = needed(classes);
  return quota >= wanted
    ? ok(QUOTA, `MicroVMs: ${quota} GB of memory do for ${wanted} GB, all runners of a class`)
    : warning(
        QUOTA,
        `MicroVMs: ${quota} GB of memory, and all runners of a class need ${wanted} GB; the rest falls back or waits`,
        `Ask for more at ${quotaLink(doctorContext, "lambda", MEMORY_GB)}, or lower the class's maxRunners`,
      );
};

const launchFinding = (
  doctorContext: DoctorContext,
  code: string,
  quota: number,
  what: string,
): DoctorFinding =>
  quota >= USUAL_LAUNCHES
    ? ok(QUOTA, `MicroVMs: ${quota} launches ${what}`)
    : warning(
        QUOTA,
        `MicroVMs: ${quota} launches ${what}, not ${USUAL_LAUNCHES}: of a burst of jobs more fall back or wait`,
        `Ask for more at ${quotaLink(doctorContext, "lambda", code)}, or give the classes a "fallback"`,
      );

/** What the account allows of MicroVMs. Nothing is said where no class is of theirs. */
export const checkMicroVmQuotas: Check = async (doctorContext) => {
  const { context, autoScaler, settings } = doctorContext;
  const classes = settings ? microVmClasses(await deployedRows(context, autoScaler), settings) : [];
  if (classes.length === 0) return [];
  const quota = (code: string) => readQuota(doctorContext, "lambda", code);
  return [
    memoryFinding(doctorContext, await quota(MEMORY_GB), classes),
    launchFinding(doctorContext, LAUNCH_RATE, await quota(LAUNCH_RATE), "a second"),
    launchFinding(doctorContext, LAUNCH_BURST, await quota(LAUNCH_BURST), "at once"),
  ];
};
