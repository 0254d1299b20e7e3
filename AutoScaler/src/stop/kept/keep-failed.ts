import { log } from "../../../../Core/log";
import { keptMinutes } from "../../../../Core/microvm/kept-minutes";
import type { Runner, Time } from "../../../../Core/model/ledger";
import type { Dependencies } from "../../dependencies";

type KeepDependencies = Pick<Dependencies, "ledger" | "microVms" | "clock">;

const MINUTE = 60_000;

/** Minutes for which the VM of a runner may be kept that ended with its job. */
const minutesOf = ({ provider, order, state, reason }: Runner): number =>
  provider === "MICROVM" && state === "ENDING" && reason === "job-ended" ? keptMinutes(order) : 0;

/**
 * Minutes for which the job that ran may be looked at, if it failed: GitLab may have given the VM another one than it was made for, of
 * a class that keeps nothing, or on a protected ref.
 */
const minutesOfJob = async ({ ledger }: KeepDependencies, runner: Runner): Promise<number> => {
  const last = (await ledger.attempts(runner.busyJobId ?? runner.jobId)).at(-1);
  return last?.outcome === "failed" && last.order !== undefined ? keptMinutes(last.order) : 0;
};

/**
 * Suspends the VM of a job that failed, where its class asks for that: somebody may then look at it. Its runner is gone all the
 * same, and its slot free; a pass terminates the VM when its time is over, and its maximum duration does in any case.
 *
 * @returns until when it is kept; undefined: it is to be terminated
 */
export const keepIfFailed = async (
  dependencies: KeepDependencies,
  runner: Runner,
): Promise<Time | undefined> => {
  const { resourceId, runnerId } = runner;
  if (minutesOf(runner) === 0 || resourceId === undefined) return undefined;
  const minutes = Math.min(minutesOf(runner), await minutesOfJob(dependencies, runner));
  if (minutes === 0) return undefined;
  try {
    await dependencies.microVms.suspend(resourceId);
  } catch (error) {
    log.warn("MICROVM_NOT_KEPT", {
      runnerId,
      resourceId,
      errorName: error instanceof Error ? error.name : "",
    });
    return undefined;
  }
  return dependencies.clock.now() + minutes * MINUTE;
};
