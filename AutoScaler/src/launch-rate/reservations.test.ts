import { fakeClock, fakeLedger } from "../testing/fakes";
import { NOW } from "../testing/fakes/items";
import { recordRefusal } from "./launch-rate";
import { reservationsAtOnce, reserveLaunch } from "./reservations";

/** Dependencies for many concurrent starts: a sleep ends when the test ends it. */
const setUp = () => {
  const ledger = fakeLedger();
  const clock = fakeClock(NOW);
  const sleeps: number[] = [];
  const sleepers: (() => void)[] = [];
  const sleep = (milliseconds: number) => {
    sleeps.push(milliseconds);
    return new Promise<void>((resolve) => sleepers.push(resolve));
  };
  const dependencies = { ledger, clock: { now: clock.now, sleep } };
  return { ledger, clock, sleeps, sleepers, dependencies };
};

const idle = () => new Promise((resolve) => setImmediate(resolve));

/** Results of so many concurrent requests, after all sleeps have ended. */
const askAll = async (
  many: number,
  dispatchedAt?: number,
  meanwhile: (w: ReturnType<typeof setUp>) => unknown = () => 0,
) => {
  const parts = setUp();
  const asks = Array.from({ length: many }, () => reserveLaunch(parts.dependencies, "EC2", dispatchedAt));
  await idle();
  await meanwhile(parts);
  for (const endSleep of parts.sleepers) endSleep();
  const reservations = (await Promise.all(asks)).filter((reservation) => reservation !== undefined);
  return { ...parts, reservations };
};

describe("reservations at EC2", () => {
  it("are immediate for a single job, cost one write, and dispatch no other job", async () => {
    const { reservations, sleeps, ledger } = await askAll(1);
    expect([reservations, sleeps, ledger.writes]).toEqual([[{ passesOn: 0 }], [], 1]);
  });

  it("F-33: of a burst fifty launch at once, 250 within five seconds, and the rest are queued at no cost", async () => {
    const { reservations, sleeps } = await askAll(1_000);
    expect(reservations).toHaveLength(reservationsAtOnce({ provider: "EC2", launchRate: undefined }));
    expect(reservations.filter(({ passesOn }) => passesOn === 0)).toHaveLength(50);
    expect(Math.max(...sleeps)).toBe(5_000);
    expect(new Set(sleeps).size).toBe(250);
  });

  it("are found within three seconds by a burst of two hundred", async () => {
    const { reservations, sleeps } = await askAll(200);
    expect(reservations).toHaveLength(200);
    // Fifty at once, and then fifty a second.
    expect(Math.max(...sleeps)).toBe(3_000);
  });

  it("I-26: a start that waits when EC2 begins to refuse is queued", async () => {
    const { reservations } = await askAll(100, undefined, ({ ledger }) => recordRefusal(ledger, "EC2", NOW));
    expect(reservations).toHaveLength(50);
  });

  it("F-33: are two a second while EC2 refuses, for jobs dispatched since then", async () => {
    const parts = setUp();
    await recordRefusal(parts.ledger, "EC2", NOW);
    expect(await reserveLaunch(parts.dependencies, "EC2", undefined)).toBeUndefined();
    const asks = Array.from({ length: 30 }, () => reserveLaunch(parts.dependencies, "EC2", NOW));
    await idle();
    expect(parts.sleeps).toEqual([500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000]);
    for (const endSleep of parts.sleepers) endSleep();
    const passesOn = (await Promise.all(asks)).flatMap((reservation) => reservation?.passesOn ?? []);
    // Those who wait for a second or more are enough to use up what EC2 grants.
    expect([...passesOn].sort()).toEqual([...Array<number>(9).fill(1), 2, 2, 2]);
  });

  it("F-33: that nobody who waits has taken go to a new job, which dispatches two of those that wait", async () => {
    const { dependencies, ledger, clock, sleeps } = setUp();
    await recordRefusal(ledger, "EC2", NOW);
    clock.advance(4_999);
    expect(await reserveLaunch(dependencies, "EC2", undefined)).toBeUndefined();
    clock.advance(1);
    const direct = { passesOn: 2, dispatchedAt: NOW + 5_000 };
    expect(await reserveLaunch(dependencies, "EC2", undefined)).toEqual(direct);
    expect(await reserveLaunch(dependencies, "EC2", NOW - 1)).toEqual(direct);
    expect(await reserveLaunch(dependencies, "EC2", undefined)).toBeUndefined();
    clock.advance(500);
    expect(await reserveLaunch(dependencies, "EC2", undefined)).toMatchObject({ passesOn: 2 });
    expect(await reserveLaunch(dependencies, "EC2", undefined)).toBeUndefined();
    expect(sleeps).toEqual([]);
  });

  it("are immediate on Lambda, without a write", async () => {
    const { ledger, dependencies } = setUp();
    await recordRefusal(ledger, "EC2", NOW);
    const { writes } = ledger;
    for (let ask = 0; ask < 500; ask += 1)
      expect(await reserveLaunch(dependencies, "LAMBDA", undefined)).toEqual({ passesOn: 0 });
    expect(ledger.writes).toBe(writes);
  });
});
