import fc from "fast-check";
import { parseRunnerDescription, runnerDescription } from "./configuration";

describe("the runner record's description", () => {
  it("F-25: reads back what it wrote, also of a job whose runners others took nine times", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 999 }),
        (jobId, attempt) => {
          expect(parseRunnerDescription("runners", runnerDescription("runners", jobId, attempt))).toEqual({
            jobId,
            attempt,
          });
        },
      ),
    );
  });

  it.each([
    ["another deployment", "glr other job 1 attempt 1"],
    ["a deployment whose name begins alike", "glr runners-2 job 1 attempt 1"],
    ["an instance's name", "ec2-i-0123456789abcdef0"],
    ["text behind it", "glr runners job 1 attempt 1 x"],
    ["no number", "glr runners job x attempt 1"],
    ["zero", "glr runners job 0 attempt 1"],
    ["a number that is none", "glr runners job 99999999999999999 attempt 1"],
    ["nothing", ""],
  ])("T-16 T-26 F-74: takes %s as none of ours", (_, description) => {
    expect(parseRunnerDescription("runners", description)).toBeUndefined();
  });
});
