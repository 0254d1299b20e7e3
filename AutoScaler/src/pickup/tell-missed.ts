import { objectiveMissedEvent } from "../../../Core/events/runner-events";
import { firstCause, totalOf } from "../../../Core/waiting/split";
import type { Dependencies } from "../dependencies";
import type { Waited } from "../waits/close-wait";

/**
 * Tells others of a job that waited longer than the objective allows. A bus that does not take it changes nothing: the pick-up is
 * stored, and the metric has it.
 *
 * @param waited absent: the job's wait was told before
 */
export const tellMissed = async (
  { bus, deploymentId }: Pick<Dependencies, "bus" | "deploymentId">,
  waited: Waited | undefined,
): Promise<void> => {
  const { objective, jobId, projectId, runnerClass } = waited?.attempt.order ?? {};
  if (!waited?.isMissed || !objective || !jobId || !projectId || !runnerClass) return;
  const missed = objectiveMissedEvent(deploymentId, {
    jobId,
    projectId,
    class: runnerClass.name,
    queuedSeconds: totalOf(waited.waits) / 1_000,
    objectiveSeconds: objective.seconds,
    cause: firstCause(waited.waits) ?? "other",
  });
  await bus.tell([missed]).catch(() => undefined);
};
