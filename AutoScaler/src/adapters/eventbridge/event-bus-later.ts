import type { EventBus } from "../../ports";
import { loadLater } from "../load-later";

/** The event bus. Its client is loaded with the first event, or by `load` while GitLab is being asked. */
export const eventBusLater = (busName: string): EventBus & { readonly load: () => void } => {
  const bus = loadLater("The event bus", async () => (await import("./event-bus-sdk")).eventBusSdk(busName));
  return {
    load: bus.begin,
    put: async (events) => (await bus.get()).put(events),
    tell: async (events) => (await bus.get()).tell(events),
  };
};
