import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { runTimeouts } from "./run-timeouts";

describe("the times of a run", () => {
  it("F-40: a job is interrupted a minute before Lambda's limit, with time to report and to clean", () => {
    const timeouts = runTimeouts({ waitTimeoutSeconds: 60, lifetimeSeconds: 900 }, 899_000);
    expect(timeouts.interrupt).toBe(839_000);
    // Twenty seconds are left to report the end.
    expect(timeouts.interrupt + timeouts.kill).toBeLessThanOrEqual(899_000 - 20_000);
  });

  it("I-23: a shorter lifetime of the class counts", () => {
    expect(runTimeouts({ waitTimeoutSeconds: 60, lifetimeSeconds: 600 }, 899_000).interrupt).toBe(540_000);
  });

  it("F-40 F-48: for any row and any time left, everything is killed before Lambda's limit", () => {
    const seconds = fc.integer({ min: 1, max: 100_000 });
    const remaining = fc.integer({ min: 61_000, max: 900_000 });
    fc.assert(
      fc.property(seconds, seconds, remaining, (waitTimeoutSeconds, lifetimeSeconds, left) => {
        const timeouts = runTimeouts({ waitTimeoutSeconds, lifetimeSeconds }, left);
        expect(timeouts.interrupt).toBeGreaterThan(0);
        expect(timeouts.interrupt + timeouts.kill).toBeLessThan(left);
        // Of the minute before Lambda's limit: the rest is for the runner's report, 30 s, and for cleaning.
        expect(timeouts.jobTermDelay + timeouts.jobKillDelay).toBeLessThan(10_000);
        // T-30: gone within two seconds.
        expect(timeouts.rejected).toBeLessThan(2_000);
      }),
    );
  });

  it("are those that the documentation states", () => {
    const text = readFileSync(join(__dirname, "../../docs/lambda-runner.md"), "utf8");
    const timeouts = runTimeouts({ waitTimeoutSeconds: 60, lifetimeSeconds: 900 }, 900_000);
    for (const row of [
      `| ${timeouts.poll / 1_000} s after that | SIGTERM, and SIGKILL ${timeouts.kill / 1_000} s later |`,
      `SIGTERM at once, SIGKILL after ${timeouts.rejected / 1_000} s;`,
      `| ${(900_000 - timeouts.interrupt) / 1_000} s before Lambda's limit,`,
      `| ${timeouts.jobTermDelay / 1_000} s after a job is over`,
      `SIGKILL ${timeouts.jobKillDelay / 1_000} s later`,
      `| ${timeouts.kill / 1_000} s after the runner's SIGTERM | SIGKILL |`,
      `not taken within ${timeouts.report / 1_000} s of the job's end | SIGKILL;`,
    ]) {
      expect(text).toContain(row);
    }
  });
});
