import { defined } from "../../../Core/defined";
import { log } from "../../../Core/log";
import type { EventBus, OurEvent } from "../ports";

const about = (event: OurEvent) =>
  event.detailType === "GitLabJobEvent"
    ? { jobId: event.job.id, status: event.job.status, attempt: event.attempt }
    : { runnerId: event.runnerId, resourceId: event.resourceId, reason: event.reason };

/** A bus that also says in the log what it put: each job's log shows by whom it was found. */
export const saidBus = <Bus extends EventBus>(bus: Bus): Bus => ({
  ...bus,
  put: async (events) => {
    await bus.put(events);
    for (const event of events)
      log.info("EVENT_PUT", { outcome: "put", detailType: event.detailType, ...defined(about(event)) });
  },
});
