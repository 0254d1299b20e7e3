import { firstCause, totalOf } from "../../../Core/waiting/split";
import type { Dependencies } from "../dependencies";
import type { Waited } from "./close-wait";

const SECOND = 1_000;

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
  const allowed = (100 - objective.percent) / 100;
  metric("QueueObjectiveAllowed", allowed);
};

/** Puts the metrics of a job's wait. A cause that took nothing has none. */
export const tellWait = (dependencies: Pick<Dependencies, "metric">, waited: Waited): void => {
  const { metric } = dependencies;
  const queued = totalOf(waited.waits) / SECOND;
  metric("QueueSeconds", queued, { class: waited.attempt.classKey });
  for (const [cause, milliseconds] of Object.entries(waited.waits)) {
    const waits = milliseconds / SECOND;
    metric("WaitSeconds", waits, { cause });
  }
  tellObjective(dependencies, waited);
};
