import type { FailedLookUp } from "./ledger";
import { cleanedUpBy, hadLostRunner } from "./lost-job";

const NOW = Date.UTC(2026, 10, 25, 12);

const anAttempt = (patch: Partial<FailedLookUp> & Pick<FailedLookUp, "state">): FailedLookUp => ({
  kind: "attempt",
  jobId: 7,
  attempt: 1,
  version: 1,
  projectId: 1,
  jobName: "build",
  times: {},
  ...patch,
});

const ended = (patch: Partial<FailedLookUp> = {}) =>
  anAttempt({ state: "ENDED", reason: "instance-terminated", times: { RUNNING: 2, ENDED: NOW }, ...patch });

describe("a job whose runner ended with it", () => {
  it.each<[string, FailedLookUp, boolean]>([
    ["closed with its runner", ended(), true],
    ["closed with it, before its pick-up was noted", ended({ times: { LAUNCHED: 1, ENDED: NOW } }), true],
    [
      "failed once, taken all the same, then lost",
      ended({ times: { FAILED: 1, RUNNING: 2, ENDED: 3 } }),
      true,
    ],
    ["failed, and closed with its job", ended({ reason: "no-job", times: { FAILED: 1, ENDED: NOW } }), false],
    ["over with its job", ended({ reason: undefined, outcome: "success" } as object), false],
    ["running", anAttempt({ state: "RUNNING" }), false],
  ])("F-59: an attempt that was %s", (_, attempt, expected) => {
    expect(hadLostRunner(attempt)).toBe(expected);
  });

  it("F-59: is cleaned up by GitLab within two hours", () => {
    expect(cleanedUpBy(ended())).toBe(NOW + 2 * 3_600_000);
  });
});
