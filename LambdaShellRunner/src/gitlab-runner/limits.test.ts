import { readFileSync } from "node:fs";
import { join } from "node:path";
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

  it("are those that the documentation states", () => {
    const text = readFileSync(join(__dirname, "../../../docs/lambda-runner.md"), "utf8");
    const limits = runLimits({ waitTimeoutSeconds: 60, lifetimeSeconds: 900 }, 900_000);
    for (const row of [
      `| ${limits.patience / 1_000} s after that | SIGTERM, and SIGKILL ${limits.grace / 1_000} s later |`,
      `SIGTERM at once, SIGKILL after ${limits.rejected / 1_000} s;`,
      `| ${(900_000 - limits.interrupt) / 1_000} s before Lambda's limit,`,
      `| ${limits.stubborn / 1_000} s after that, when the job ignores it |`,
      `| ${limits.grace / 1_000} s after that | SIGKILL |`,
      `not taken within ${limits.report / 1_000} s of the job's end | SIGKILL;`,
    ]) {
      expect(text).toContain(row);
    }
  });
});
