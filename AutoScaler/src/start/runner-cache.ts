import { log } from "../../../Core/log";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import type { Dependencies } from "../dependencies";
import type { RunnerCache } from "../ports";

/**
 * The cache of a runner that is to be created, or undefined where there is none just now: a job without its cache is
 * slower and not lost. Asked beside GitLab's answer. It never throws.
 *
 * @param waitsSeconds how long the bootstrap row may wait for its reader
 */
export const runnerCache = async (
  { cacheAccess }: Pick<Dependencies, "cacheAccess">,
  { jobId, projectId, onProtectedRef, runnerClass }: RunnerOrder,
  waitsSeconds: number,
): Promise<RunnerCache | undefined> => {
  const path = onProtectedRef ? "protected" : "unprotected";
  try {
    return await cacheAccess({ path, projectId, seconds: waitsSeconds + runnerClass.lifetimeSeconds });
  } catch (error) {
    log.warn("CACHE_UNAVAILABLE", { jobId, error: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
};
