import { runBackPressure } from "./back-pressure";
import { runScale } from "./scale";

/** Without a limit 740 runners live at once: with this one jobs wait for slots. */
const LIMIT = 700;

describe("scale", () => {
  it("L-3 I-1 I-2 I-4 I-5 I-18 I-22 I-25 I-31: meets 10,000 jobs with 1 % of all operations failing under a limit that is reached, and leaves nothing", async () => {
    const report = await runScale({
      jobs: 10_000,
      seed: 3,
      faults: 0.01,
      over: 360,
      ec2EveryNth: 20,
      limit: LIMIT,
    });
    expect(report.wrong).toEqual([]);
    expect(report.peakLive).toBe(LIMIT);
    expect(report.jobs).toBe(10_000);
    // One in a thousand: those that several faults hit, each of which waits for a pass.
    expect(report.late).toBeLessThanOrEqual(10);
    expect(report.waits[0]).toBeLessThan(30);
  }, 400_000);

  it("I-26 L-4 F-33: more instances than EC2 launches at once all start at its launch rate, with few refused calls and an alarm on the longest wait", async () => {
    // 3,000 instances, 20 at once and then two a second: 25 min, and what adapting to the launch rate costs.
    const report = await runBackPressure(3_000, 2, 20);
    expect(report.wrong).toEqual([]);
    expect(report.minutes).toBeGreaterThan(24);
    expect(report.minutes).toBeLessThan(29);
    expect(report.callsPerLaunch).toBeLessThanOrEqual(1.3);
    // A quarter of an hour, five periods of a minute in which passes see it, and the passes around them.
    expect(report.alarmedAfter).toBeGreaterThanOrEqual(15);
    expect(report.alarmedAfter).toBeLessThanOrEqual(22);
  }, 400_000);
});
