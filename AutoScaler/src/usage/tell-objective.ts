import { objectiveAlarmEvent } from "../../../Core/events/objective-alarm";
import { dayOf } from "../../../Core/usage/days";
import { daysIn } from "../../../Core/usage/period";
import type { WaitCause } from "../../../Core/waiting/causes";
import { waitsByClass } from "../../../Core/waiting/day";
import { firstMiss } from "../../../Core/waiting/first-miss";
import type { Dependencies } from "../dependencies";
import type { UsageRows } from "../ports";

type ObjectiveDependencies = Pick<Dependencies, "bus" | "clock" | "deploymentId"> & {
  readonly usage: Pick<UsageRows, "counts">;
};

/** The longer of the two windows in which misses are alarmed. */
const WINDOW_MILLISECONDS = 6 * 3_600_000;

/**
 * An alarm of the queue-time objective rings: tells its topic, by way of the bus, the first cause and what to do, since an
 * alarm's own text is fixed. Counts are by day, so those of all days that the alarm's window touches are taken.
 *
 * @returns the cause; undefined: no job of these days missed the objective
 * @throws TransientError, ConfigurationError from the ports
 */
export const tellObjective = async ({
  usage,
  bus,
  clock,
  deploymentId,
}: ObjectiveDependencies): Promise<WaitCause | undefined> => {
  const now = clock.now();
  const from = dayOf(now - WINDOW_MILLISECONDS);
  const counts = await Promise.all(daysIn({ from, to: dayOf(now) }).map((day) => usage.counts(day)));
  const miss = firstMiss(from, waitsByClass(counts.flat()));
  if (miss !== undefined) await bus.tell([objectiveAlarmEvent(deploymentId, miss)]);
  return miss?.cause;
};
