import { fakeClock, fakeLedger } from "../testing/fakes";
import { NOW } from "../testing/fakes/items";
import { recordRefusal } from "./launch-rate";
import { reservationsAtOnce, reserveLaunch } from "./reservations";

/** A system in which many wait at once: a sleep ends when the test says so. */
const setUp = () => {
  const ledger = fakeLedger();
  const clock = fakeClock(NOW);
  const sleeps: number[] = [];
  const sleepers: (() => void)[] = [];
  const sleep = (milliseconds: number) => {
    sleeps.push(milliseconds);
    return new Promise<void>((resolve) => sleepers.push(resolve));
  };
  const system = { ledger, clock: { now: clock.now, sleep } };
  return { ledger, clock, sleeps, sleepers, system };
};

const idle = () => new Promise((resolve) => setImmediate(resolve));

/** As many as ask at once, and what became of them when all sleepers have dispatched. */
const askAll = async (
  many: number,
  dispatchedAt?: number,
  meanwhile: (w: ReturnType<typeof setUp>) => unknown = () => 0,
) => {
  const parts = setUp();
  const asks = Array.from({ length: many }, () => reserveLaunch(parts.system, "EC2", dispatchedAt));
  await idle();
  await meanwhile(parts);
  for (const dispatch of parts.sleepers) dispatch();
  const reservations = (await Promise.all(asks)).filter((reservation) => reservation !== undefined);
  return { ...parts, reservations };
};

describe("reservations at EC2", () => {
  it("are at once for a job that comes alone, at one write, and dispatch nobody else", async () => {
    const { reservations, sleeps, ledger } = await askAll(1);
    expect([reservations, sleeps, ledger.writes]).toEqual([[{ passesOn: false }], [], 1]);
  });

  it("F-33: fifty of a burst go at once, 250 within five seconds, and the rest in the queue before they cost anything", async () => {
    const { reservations, sleeps } = await askAll(1_000);
    expect(reservations).toHaveLength(reservationsAtOnce(undefined));
    expect(reservations.filter(({ passesOn }) => !passesOn)).toHaveLength(50);
    expect(Math.max(...sleeps)).toBe(5_000);
    expect(new Set(sleeps).size).toBe(250);
  });

  it("a burst of two hundred is through in three seconds", async () => {
    const { reservations, sleeps } = await askAll(200);
    expect(reservations).toHaveLength(200);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(3_000);
  });

  it("I-26: who sleeps when EC2 begins to refuse goes in the queue", async () => {
    const { reservations } = await askAll(100, undefined, ({ ledger }) => recordRefusal(ledger, NOW));
    expect(reservations).toHaveLength(50);
  });

  it("F-33: two a second while EC2 refuses, for those that were dispatched since", async () => {
    const parts = setUp();
    await recordRefusal(parts.ledger, NOW);
    expect(await reserveLaunch(parts.system, "EC2", undefined)).toBeUndefined();
    const asks = Array.from({ length: 30 }, () => reserveLaunch(parts.system, "EC2", NOW));
    await idle();
    expect(parts.sleeps).toEqual([500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000]);
    for (const dispatch of parts.sleepers) dispatch();
    expect((await Promise.all(asks)).filter((reservation) => reservation?.passesOn)).toHaveLength(12);
  });

  it("are Lambda's always, at no write", async () => {
    const { ledger, system } = setUp();
    await recordRefusal(ledger, NOW);
    const { writes } = ledger;
    for (let ask = 0; ask < 500; ask += 1)
      expect(await reserveLaunch(system, "LAMBDA", undefined)).toEqual({ passesOn: false });
    expect(ledger.writes).toBe(writes);
  });
});
