import { runScale } from "./scale";

describe("scale", () => {
  it("L-3 I-1 I-2 I-4 I-5 I-18 I-22 I-25 I-31: meets 10,000 jobs with 1 % of everything going wrong, and leaves nothing", async () => {
    const report = await runScale({ jobs: 10_000, seed: 3, faults: 0.01, over: 360, ec2EveryNth: 20 });
    expect(report.wrong).toEqual([]);
    expect(report.jobs).toBe(10_000);
    expect(report.waits[0]).toBeLessThan(30);
  }, 240_000);
});
