import type { BusEntry } from "../../../../Core/events/bus-entry";
import type { EventBus, OurEvent } from "../../ports";

export interface FakeEventBus extends EventBus {
  /** All events put, in order. */
  readonly events: OurEvent[];
  /** All that others were told, in order. */
  readonly told: BusEntry[];
}

/** A bus that keeps its events. */
export const fakeEventBus = (): FakeEventBus => {
  const events: OurEvent[] = [];
  const told: BusEntry[] = [];
  return {
    events,
    told,
    tell: async (more) => {
      told.push(...more);
    },
    put: async (more) => {
      events.push(...more);
    },
  };
};
