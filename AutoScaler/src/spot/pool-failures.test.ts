import { TransientError } from "../../../Core/errors";
import type { PoolState } from "../../../Core/model/spot-pool";
import { fakeClock } from "../testing/fakes/fake-clock";
import { fakeLedger } from "../testing/fakes/fake-ledger";
import { recordPoolFailure, withFailure } from "./pool-failures";
import { PoolMemory } from "./pool-memory";

const MINUTE = 60_000;
const NONE: PoolState = { failures: [] };
const failed = (...minutes: number[]): PoolState => ({
  failures: minutes.map((minute) => ({ at: minute * MINUTE, of: `i-${minute}` })),
});
const at = (minute: number, of = `i-${minute}`) => ({ at: minute * MINUTE, of });
const DEFAULT = { failures: 2, withinMinutes: 15, restMinutes: 30 };

describe("a pool after one more failure", () => {
  it.each<[string, PoolState, ReturnType<typeof at>, typeof DEFAULT, PoolState | undefined]>([
    ["the first", NONE, at(0), DEFAULT, failed(0)],
    ["the second in time", failed(0), at(14), DEFAULT, { ...failed(0, 14), restsUntil: 44 * MINUTE }],
    ["the second too late", failed(0), at(15), DEFAULT, failed(15)],
    ["the same again", failed(3), at(4, "i-3"), DEFAULT, undefined],
    ["one while it rests", { ...failed(0, 1), restsUntil: 31 * MINUTE }, at(30), DEFAULT, undefined],
    ["one when it has rested", { ...failed(0, 1), restsUntil: 31 * MINUTE }, at(31), DEFAULT, failed(31)],
    ["the first of one", NONE, at(0), { ...DEFAULT, failures: 1 }, { ...failed(0), restsUntil: 30 * MINUTE }],
    [
      "the third of three",
      failed(0, 1),
      at(2),
      { failures: 3, withinMinutes: 3, restMinutes: 5 },
      { ...failed(0, 1, 2), restsUntil: 7 * MINUTE },
    ],
    ["the second of three", failed(0), at(2), { ...DEFAULT, failures: 3 }, failed(0, 2)],
  ])("F-37: %s", (_, state, failure, breaker, expected) => {
    expect(withFailure(state, failure, breaker)).toEqual(expected);
  });
});

describe("the record of a pool", () => {
  it("I-25: is left alone while the pool rests, and by what is known", async () => {
    const dependencies = { ledger: fakeLedger(), clock: fakeClock() };
    for (const of of ["i-1", "i-1", "i-2", "i-3", "i-4"]) await recordPoolFailure(dependencies, "a/b", of);
    expect(dependencies.ledger.writes).toBe(2);
  });

  it("is removed by DynamoDB when nothing in it counts any more", async () => {
    const dependencies = { ledger: fakeLedger(), clock: fakeClock() };
    const ttl = () => dependencies.ledger.stateRecords.get("spot-pool#a/b")?.ttl;
    const now = dependencies.clock.now();
    await recordPoolFailure(dependencies, "a/b", "i-1");
    expect(ttl()).toBe((now + 15 * MINUTE) / 1_000);
    await recordPoolFailure(dependencies, "a/b", "i-2");
    expect(ttl()).toBe((now + 45 * MINUTE) / 1_000);
  });

  it("is given up after three writes that others overtook", async () => {
    const commit = jest.fn(async () => false);
    await recordPoolFailure({ ledger: { ...fakeLedger(), commit }, clock: fakeClock() }, "a/b", "i-1");
    expect(commit).toHaveBeenCalledTimes(3);
  });

  it("F-19: that cannot be stored or read changes nothing for the job", async () => {
    const fails = () => Promise.reject(new TransientError("throttled"));
    const ledger = { ...fakeLedger(), stateRecord: fails, listed: fails };
    const clock = fakeClock();
    await expect(recordPoolFailure({ ledger, clock }, "a/b", "i-1")).resolves.toBeUndefined();
    await expect(new PoolMemory().resting({ ledger, clock })).resolves.toEqual([]);
  });
});
