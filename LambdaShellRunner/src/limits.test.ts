import fc from "fast-check";
import { runLimits } from "./limits";

describe("the times of a run", () => {
  it("F-40: a job is interrupted a minute before Lambda's limit, with time to report and to clean", () => {
    const limits = runLimits({ waitTimeoutSeconds: 60, lifetimeSeconds: 900 }, 899_000);
    expect(limits.interrupt).toBe(839_000);
    expect(limits.interrupt + limits.grace).toBeLessThanOrEqual(899_000 - 20_000);
  });

  it("I-23: a shorter lifetime of the class counts", () => {
    expect(runLimits({ waitTimeoutSeconds: 60, lifetimeSeconds: 600 }, 899_000).interrupt).toBe(540_000);
  });

  it("F-40 F-48: for any row and any time left, everything is killed before Lambda's limit", () => {
    const seconds = fc.integer({ min: 1, max: 100_000 });
    const remaining = fc.integer({ min: 61_000, max: 900_000 });
    fc.assert(
      fc.property(seconds, seconds, remaining, (waitTimeoutSeconds, lifetimeSeconds, left) => {
        const limits = runLimits({ waitTimeoutSeconds, lifetimeSeconds }, left);
        expect(limits.interrupt).toBeGreaterThan(0);
        expect(limits.interrupt + limits.grace).toBeLessThan(left);
        expect(limits.stubborn).toBeLessThan(30_000);
        expect(limits.stubborn).toBeLessThan(limits.grace);
        expect(limits.rejected).toBeLessThan(2_000);
      }),
    );
  });
});
