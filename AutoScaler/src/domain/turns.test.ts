import { fakeClock, fakeLedger } from "./fakes";
import { NOW } from "./fakes/items";
import { noteRefusal } from "./pace";
import { takeTurn, turnsAtOnce } from "./turns";

/** A world in which many wait at once: a sleep ends when the test says so. */
const setUp = () => {
  const ledger = fakeLedger();
  const clock = fakeClock(NOW);
  const sleeps: number[] = [];
  const wakeUp: (() => void)[] = [];
  const sleep = (milliseconds: number) => {
    sleeps.push(milliseconds);
    return new Promise<void>((resolve) => wakeUp.push(resolve));
  };
  const world = { ledger, clock: { now: clock.now, sleep } };
  return { ledger, clock, sleeps, wakeUp, world };
};

const idle = () => new Promise((resolve) => setImmediate(resolve));

/** As many as ask at once, and what became of them when all sleepers have woken. */
const askAll = async (
  many: number,
  wokenAt?: number,
  meanwhile: (w: ReturnType<typeof setUp>) => unknown = () => 0,
) => {
  const parts = setUp();
  const asks = Array.from({ length: many }, () => takeTurn(parts.world, "EC2", wokenAt));
  await idle();
  await meanwhile(parts);
  for (const wake of parts.wakeUp) wake();
  const turns = (await Promise.all(asks)).filter((turn) => turn !== undefined);
  return { ...parts, turns };
};

describe("turns at EC2", () => {
  it("are at once for a job that comes alone, at one write, and let nobody else go", async () => {
    const { turns, sleeps, ledger } = await askAll(1);
    expect([turns, sleeps, ledger.writes]).toEqual([[{ passesOn: false }], [], 1]);
  });

  it("F-33: fifty of a burst go at once, 250 within five seconds, and the rest in line before they cost anything", async () => {
    const { turns, sleeps } = await askAll(1_000);
    expect(turns).toHaveLength(turnsAtOnce(undefined));
    expect(turns.filter(({ passesOn }) => !passesOn)).toHaveLength(50);
    expect(Math.max(...sleeps)).toBe(5_000);
    expect(new Set(sleeps).size).toBe(250);
  });

  it("a burst of two hundred is through in three seconds", async () => {
    const { turns, sleeps } = await askAll(200);
    expect(turns).toHaveLength(200);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(3_000);
  });

  it("I-26: who sleeps when EC2 begins to refuse goes in line", async () => {
    const { turns } = await askAll(100, undefined, ({ ledger }) => noteRefusal(ledger, NOW));
    expect(turns).toHaveLength(50);
  });

  it("F-33: two a second while EC2 refuses, for those that were let go since", async () => {
    const parts = setUp();
    await noteRefusal(parts.ledger, NOW);
    expect(await takeTurn(parts.world, "EC2", undefined)).toBeUndefined();
    const asks = Array.from({ length: 30 }, () => takeTurn(parts.world, "EC2", NOW));
    await idle();
    expect(parts.sleeps).toEqual([500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000]);
    for (const wake of parts.wakeUp) wake();
    expect((await Promise.all(asks)).filter((turn) => turn?.passesOn)).toHaveLength(12);
  });

  it("are Lambda's always, at no write", async () => {
    const { ledger, world } = setUp();
    await noteRefusal(ledger, NOW);
    const { writes } = ledger;
    for (let ask = 0; ask < 500; ask += 1)
      expect(await takeTurn(world, "LAMBDA", undefined)).toEqual({ passesOn: false });
    expect(ledger.writes).toBe(writes);
  });
});
