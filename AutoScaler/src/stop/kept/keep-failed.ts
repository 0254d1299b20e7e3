import { log } from "../../../../Core/log";
import type { Runner, Time } from "../../../../Core/model/ledger";
import type { Dependencies } from "../../dependencies";

type KeepDependencies = Pick<Dependencies, "ledger" | "microVms" | "clock">;

const MINUTE = 60_000;

/** Minutes for which its class keeps the VM of a failed job. Never where the ref is protected, nor where GitLab does not tell. */
const keptMinutes = ({ provider, order, state, reason }: Runner): number => {
  const isKept = provider === "MICROVM" && state === "ENDING" && reason === "job-ended";
  return isKept && order.onProtectedRef === false ? (order.runnerClass.keepOnFailureMinutes ?? 0) : 0;
};

const hasFailed = async ({ ledger }: KeepDependencies, runner: Runner): Promise<boolean> => {
  const attempts = await ledger.attempts(runner.busyJobId ?? runner.jobId);
  return attempts.at(-1)?.outcome === "failed";
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
  const minutes = keptMinutes(runner);
  if (minutes === 0 || resourceId === undefined || !(await hasFailed(dependencies, runner))) return undefined;
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
