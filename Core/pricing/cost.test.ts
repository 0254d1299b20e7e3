import fc from "fast-check";
import { costOf } from "./cost";

const LAUNCHED = Date.UTC(2026, 10, 30, 12);
const instance = { provider: "EC2", pricePerHour: 0.0816, times: { LAUNCHED } } as const;
const invocation = {
  provider: "LAMBDA",
  pricePerHour: 0.0829,
  pricePerRequest: 0.0000002,
  times: { LAUNCHED },
} as const;

/** In ten trillionths of a dollar, as a bill adds up whole numbers. */
const billed = (perHour: number, units: number, unitsPerHour: number): bigint =>
  (BigInt(Math.round(perHour * 1e13)) * BigInt(units)) / BigInt(unitsPerHour);
const inDollars = (amount: bigint): number => Number(amount) / 1e13;

describe("the cost of a runner", () => {
  it.each([
    ["an instance of no time at all", 0, 60],
    ["an instance of 59.999 s", 59_999, 60],
    ["an instance of a minute", 60_000, 60],
    ["an instance of 60.001 s", 60_001, 61],
    ["an instance of an hour", 3_600_000, 3_600],
  ])("%s pays whole seconds, and a minute at least", (_, ran, seconds) => {
    expect(costOf(instance, LAUNCHED + ran)).toBeCloseTo((0.0816 * seconds) / 3_600, 12);
  });

  it("a function pays each millisecond and its request", () => {
    expect(costOf(invocation, LAUNCHED + 1)).toBeCloseTo(0.0829 / 3_600_000 + 0.0000002, 15);
    expect(costOf(invocation, LAUNCHED)).toBe(0.0000002);
  });

  it("is what a bill in whole numbers says, to the cent and far below it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 172_800_000 }),
        fc.integer({ min: 1, max: 400_000 }).map((price) => price / 1e4),
        (ran, pricePerHour) => {
          const seconds = ran <= 60_000 ? 60 : Math.floor((ran + 999) / 1_000);
          const ofInstance = inDollars(billed(pricePerHour, seconds, 3_600));
          const ofFunction = inDollars(billed(pricePerHour, ran, 3_600_000)) + 0.0000002;
          // A hundred thousand such differences are far below a cent.
          expect(costOf({ ...instance, pricePerHour }, LAUNCHED + ran)).toBeCloseTo(ofInstance, 9);
          expect(costOf({ ...invocation, pricePerHour }, LAUNCHED + ran)).toBeCloseTo(ofFunction, 9);
        },
      ),
    );
  });

  it("is the least there is where clocks differ, and unknown without a price or a launch", () => {
    expect(costOf(instance, LAUNCHED - 5_000)).toBeCloseTo(0.00136, 12);
    expect(costOf({ ...instance, times: {} }, LAUNCHED)).toBeUndefined();
    const { pricePerHour: _, ...unpriced } = instance;
    expect(costOf(unpriced, LAUNCHED)).toBeUndefined();
  });
});
