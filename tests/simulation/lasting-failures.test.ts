import { LASTING_FAILURES, play } from "./lasting-failures";

/** Minutes: the longest way to a job's last report is two hours of waiting for a provider. */
const REPORTED_WITHIN = 125;
/** Records that nobody can use are cleared away after ten minutes. */
const QUIET_WITHIN = 140;

/** Our own tables are also read by each pass while the job's start is half-way: twice in two hours' minutes. */
const MAX_INTERNAL = 450;

describe("what fails for ever", () => {
  it.each(LASTING_FAILURES)(
    "I-25 I-1 P-18: $says: at most 30 calls for the job, which is reported",
    async (failure) => {
      const report = await play(failure);
      expect(report.outbound).toBeGreaterThan(0);
      expect(report.outbound).toBeLessThanOrEqual(30);
      expect(report.internal).toBeLessThanOrEqual(MAX_INTERNAL);
      expect(report.lastAfter).toBeLessThan(QUIET_WITHIN);
      expect(report.world.checks.broken).toEqual([]);
      if (failure.isUnreadable) expect(report.reportedAfter).toBeUndefined();
      else expect(report.reportedAfter).toBeLessThan(REPORTED_WITHIN);
    },
  );
});
