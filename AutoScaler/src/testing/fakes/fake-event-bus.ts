import type { EventBus, OurEvent } from "../../ports";

export interface FakeEventBus extends EventBus {
  /** All events put, in order. */
  readonly events: OurEvent[];
}

/** A bus that keeps its events. */
export const fakeEventBus = (): FakeEventBus => {
  const events: OurEvent[] = [];
  return {
    events,
    put: async (more) => {
      events.push(...more);
    },
  };
};
