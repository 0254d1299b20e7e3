import { firstCause, totalOf } from "../../../Core/waiting/split";
import type { Dependencies } from "../dependencies";
import type { Waited } from "./close-wait";

const seconds = (milliseconds: number): number => milliseconds / 1_000;

/** Of each job with an objective: whether it missed, and how much of a miss is allowed. Their sums' ratio is the burn rate. */
const tellObjective = (
  { metric }: Pick<Dependencies, "metric">,
  { attempt, waits, isMissed }: Waited,
): void => {
  const { objective } = attempt.order;
  if (objective === undefined) return;
  const cause = firstCause(waits);
  if (isMissed && cause !== undefined) metric("QueueObjectiveMissed", 1, { cause });
  else metric("QueueObjectiveMissed", 0);
  metric("QueueObjectiveAllowed", (100 - objective.percent) / 100);
};

/** Puts the metrics of a job's wait. A cause that took nothing has none. */
export const tellWait = (dependencies: Pick<Dependencies, "metric">, waited: Waited): void => {
  const { metric } = dependencies;
  metric("QueueSeconds", seconds(totalOf(waited.waits)), { class: waited.attempt.classKey });
  for (const [cause, milliseconds] of Object.entries(waited.waits))
    metric("WaitSeconds", seconds(milliseconds), { cause });
  tellObjective(dependencies, waited);
};
