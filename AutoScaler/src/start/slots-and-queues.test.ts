import { joinQueue } from "../queue/rotation";
import { readQueued } from "../queue/yields-to-others";
import { fakeClock, fakeLedger } from "../testing/fakes";
import { anAttempt, anOrder, NOW } from "../testing/fakes/items";
import { mustWait } from "./slots-and-queues";

const MINE = anOrder({ jobId: 1, projectId: 1 });

/** One slot is free, and a job of another project waits for it. */
const setUp = async () => {
  const ledger = fakeLedger();
  const clock = fakeClock(NOW);
  const other = anAttempt({
    jobId: 2,
    state: "WAITING",
    waitingFor: "slot",
    order: anOrder({ jobId: 2, projectId: 2 }),
  });
  await joinQueue({ ledger, clock }, other);
  await ledger.commit([{ put: other }]);
  const free = { slot: {}, take: [], left: 1 } as unknown as Parameters<typeof mustWait>[2]["free"];
  const queued = await readQueued(ledger);
  const waits = (dispatchedAt?: number) => mustWait({ ledger, clock }, MINE, { free, queued, dispatchedAt });
  return { waits, clock };
};

describe("a free slot", () => {
  it("P-9: is left to a job that waits for it already", async () => {
    const { waits } = await setUp();
    expect(await waits()).toBe(true);
  });

  it("P-9: is taken by whoever was dispatched for it, as long as that event is under way", async () => {
    const { waits, clock } = await setUp();
    // As long as nobody dispatches the job again.
    clock.advance(45_000);
    expect(await waits(NOW)).toBe(false);
    clock.advance(1);
    expect(await waits(NOW)).toBe(true);
  });
});
