import { objectiveMissedEvent } from "../../../../Core/events/runner-events";
import type { EventBus, OurEvent } from "../../ports";
import { freshId } from "./samples";

export interface EventBusUnderTest {
  readonly bus: EventBus;
  /** Absent: `test`. */
  readonly name?: string;
  /** Number of events that arrived. */
  readonly arrived: () => number | Promise<number>;
}

/** The contract of every bus. */
export const eventBusContract = (prepare: () => EventBusUnderTest | Promise<EventBusUnderTest>): void => {
  it.each([0, 1, 10, 11, 35])("puts %d events, each once", async (count) => {
    const { bus, arrived } = await prepare();
    const events = Array.from({ length: count }, (): OurEvent => {
      return { detailType: "RunnerEnded", runnerId: freshId(), reason: "lifetime-reached" };
    });
    await bus.put(events);
    expect(await arrived()).toBe(count);
  });

  it.each([0, 1, 11])("tells others of %d events, each once", async (count) => {
    const { bus, name = "test", arrived } = await prepare();
    const about = {
      projectId: 1,
      class: "default",
      queuedSeconds: 200,
      objectiveSeconds: 180,
      cause: "slot",
    };
    await bus.tell(
      Array.from({ length: count }, () => objectiveMissedEvent(name, { jobId: freshId(), ...about })),
    );
    expect(await arrived()).toBe(count);
  });
};
