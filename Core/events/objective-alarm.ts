import type { FirstMiss } from "../waiting/first-miss";
import { CAUSE_WORDS } from "../waiting/words";
import { type BusEntry, busEntry } from "./bus-entry";
import { unquoted } from "./unquoted";

/** The section that says what to look at. */
const RUNBOOK = "docs/runbook.md#queue-time-objective";

const textOf = ({ since, jobs, missed, cause, ofCause, class: name }: FirstMiss): string =>
  `${missed} of ${jobs} jobs that began since ${since} (UTC) missed the queue-time objective; ${ofCause} of them waited most of all for ${CAUSE_WORDS[cause].short}, the most of class ${name}`;

/** An alarm of the queue-time objective rings, and this is what the jobs that missed it waited for first of all. */
export const objectiveAlarmEvent = (deploymentId: string, miss: FirstMiss): BusEntry =>
  busEntry(deploymentId, "QueueTimeObjectiveAlarm", {
    ...miss,
    text: unquoted(textOf(miss)),
    remedy: unquoted(CAUSE_WORDS[miss.cause].remedy ?? "npx runners status shows how long each class waited"),
    runbook: RUNBOOK,
  });
