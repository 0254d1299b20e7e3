import { setTimeout as sleep } from "node:timers/promises";
import { jobEvent } from "../events";
import { fakeEventBus } from "../testing/fakes/fake-event-bus";
import { fakeLedger } from "../testing/fakes/fake-ledger";
import { aJob, anAttempt, NOW } from "../testing/fakes/items";
import { putDiscrepancies } from "./collect";
import { parts } from "./parts";
import type { Discrepancy } from "./snapshot";

const WAITING = anAttempt({ state: "WAITING", version: 1 });

const dispatch = (jobId: number): Discrepancy => ({
  kind: "pending",
  event: jobEvent(aJob({ id: jobId })),
  isNew: false,
  dispatches: { ...WAITING, jobId },
});

describe("the events of a pass", () => {
  it("P-9 I-25: are not put for an attempt that another execution changed since it was read", async () => {
    const ledger = fakeLedger();
    for (const jobId of [7, 8]) await ledger.commit([{ put: { ...WAITING, jobId } }]);
    await ledger.commit([{ put: { ...WAITING, jobId: 7, version: 2, dispatchedAt: NOW } }]);
    const bus = fakeEventBus();
    const system = { ledger, bus, clock: { now: () => NOW, sleep: async () => {} } };
    const put = await putDiscrepancies(system, [dispatch(7), dispatch(8)], parts([]));
    expect(put.map(({ dispatches }) => dispatches?.jobId)).toEqual([8]);
    expect(bus.events).toMatchObject([{ job: { id: 8 } }]);
  });

  it("F-8: are on the bus when the pass goes on", async () => {
    const ledger = fakeLedger();
    await ledger.commit([{ put: { ...WAITING, jobId: 7 } }]);
    const bus = fakeEventBus();
    const slow = {
      ...bus,
      put: (...events: Parameters<typeof bus.put>) => sleep(1).then(() => bus.put(...events)),
    };
    const system = { ledger, bus: slow, clock: { now: () => NOW, sleep: async () => {} } };
    await putDiscrepancies(system, [dispatch(7)], parts([]));
    expect(bus.events).toHaveLength(1);
  });
});
