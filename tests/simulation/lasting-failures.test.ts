import { LASTING_FAILURES, play } from "./lasting-failures";

/** Minutes. The latest report comes after two hours of waiting for a provider. */
const REPORTED_WITHIN = 125;
/** Records that no job can use are deleted after ten minutes. */
const QUIET_WITHIN = 140;

/**
 * Three attempts of eleven calls each. To these come one more each where an instance never boots: EC2 is asked whether it is
 * dead before its runner ends; or the four calls of one end that two executions make at the same time, for one event.
 */
const MAX_CALLS = 37;

/**
 * Each pass also reads our own tables while a job's start is incomplete: twice a minute for two hours. Each new request
 * of EC2 also reads which spot pools rest.
 */
const MAX_INTERNAL = 470;

describe("a failure that lasts", () => {
  it.each(LASTING_FAILURES)(
    "I-25 I-1 P-18: $says: costs at most 37 calls, and the job is reported",
    async (failure) => {
      const report = await play(failure);
      expect(report.outbound).toBeGreaterThan(0);
      expect(report.outbound).toBeLessThanOrEqual(MAX_CALLS);
      expect(report.internal).toBeLessThanOrEqual(MAX_INTERNAL);
      expect(report.lastAfter).toBeLessThan(QUIET_WITHIN);
      expect(report.world.checks.broken).toEqual([]);
      // A ledger that cannot be read cannot be told either.
      const isInTime = report.reportedAfter !== undefined && report.reportedAfter < REPORTED_WITHIN;
      expect([isInTime, report.reportedAfter === undefined]).toEqual(
        failure.isUnreadable ? [false, true] : [true, false],
      );
    },
  );
});
