import { type RunnerLogEvent, readRunnerLine } from "./runner-log";

const line = (fields: Record<string, unknown>): string => JSON.stringify({ level: "info", ...fields });

const JOB = { job: 7, runner: "abcdefghi" };

describe("a line of gitlab-runner's log", () => {
  it.each<{ name: string; fields: Record<string, unknown>; events: readonly RunnerLogEvent[] }>([
    {
      name: "a job received",
      fields: {
        ...JOB,
        msg: "Checking for jobs... received",
        repo_url: "https://gitlab.example.com/a/b.git",
      },
      events: [{ kind: "received", jobId: 7 }],
    },
    {
      name: "no job",
      fields: { level: "debug", msg: "Checking for jobs...no content", status: "204 No Content" },
      events: [{ kind: "no-job" }],
    },
    {
      name: "a job that another request took",
      fields: { level: "warning", msg: "Checking for jobs... failed", status: "409 Conflict" },
      events: [{ kind: "no-job" }],
    },
    {
      name: "a job that succeeded",
      fields: { ...JOB, msg: "Job succeeded", "job-status": "success", duration_s: 1.5 },
      events: [{ kind: "ended", jobId: 7, status: "success", durationSeconds: 1.5 }],
    },
    {
      name: "a job that failed",
      fields: {
        ...JOB,
        msg: "Job failed: exit status 3",
        "job-status": "failed",
        failure_reason: "script_failure",
        exit_code: 3,
      },
      events: [{ kind: "ended", jobId: 7, status: "failed", failureReason: "script_failure", exitCode: 3 }],
    },
    {
      name: "a job that failed for a reason of the runner's",
      fields: { ...JOB, msg: 'Job failed (system failure): exec: "bash"', "job-status": "failed" },
      events: [{ kind: "ended", jobId: 7, status: "failed" }],
    },
    {
      name: "a report taken",
      fields: { ...JOB, msg: "Submitting job to coordinator...ok", "job-status": "running", code: 200 },
      events: [{ kind: "answered", jobId: 7, answer: "ok" }],
    },
    {
      name: "a report refused",
      fields: { ...JOB, msg: "Submitting job to coordinator... forbidden", code: 403 },
      events: [{ kind: "answered", jobId: 7, answer: "refused" }],
    },
    {
      name: "a confirmation of a job that is being cancelled",
      fields: { ...JOB, msg: "Submitting job to coordinator...ok", "job-status": "canceling" },
      events: [
        { kind: "answered", jobId: 7, answer: "refused" },
        { kind: "script-over", isWholeJob: false },
      ],
    },
    {
      name: "a report that failed",
      fields: { ...JOB, msg: "Submitting job to coordinator... failed", code: 500 },
      events: [{ kind: "answered", jobId: 7, answer: "failed" }],
    },
    {
      name: "a part of the log taken",
      fields: { ...JOB, msg: "Appending trace to coordinator...ok", "job-status": "running" },
      events: [],
    },
    {
      name: "a cancel, in the answer to a part of the log",
      fields: { ...JOB, msg: "Appending trace to coordinator...ok", "job-status": "canceling" },
      events: [{ kind: "script-over", isWholeJob: false }],
    },
    {
      name: "the end of the whole job while its script runs",
      fields: {
        ...JOB,
        level: "debug",
        msg: "Waiting for build to finish...",
        error: "execution took longer than 1m0s seconds",
      },
      events: [{ kind: "script-over", isWholeJob: true }],
    },
    {
      name: "the beginning of after_script",
      fields: { ...JOB, level: "debug", msg: "Executing build stage", build_stage: "after_script" },
      events: [{ kind: "after-script" }],
    },
    {
      name: "another stage",
      fields: { ...JOB, level: "debug", msg: "Executing build stage", build_stage: "step_script" },
      events: [],
    },
    {
      name: "a runner that asks no more",
      fields: { msg: "Runner is not healthy!" },
      events: [{ kind: "unhealthy" }],
    },
    {
      name: "a last report given up",
      fields: { msg: 'Job trace termination "Success" failed', error: "x" },
      events: [{ kind: "given-up" }],
    },
    { name: "anything else", fields: { ...JOB, msg: "Updating job..." }, events: [] },
  ])("tells of $name", ({ fields, events }) => {
    expect(readRunnerLine(line(fields)).events).toEqual(events);
  });

  it("that tells of a failure is passed on with its reason", () => {
    const status =
      'Post "https://gitlab.example.com/api/v4/jobs/request": dial tcp: lookup gitlab.example.com: no such host';
    const fields = { level: "warning", msg: "Checking for jobs... failed", status };
    expect(readRunnerLine(line(fields)).message).toBe(`Checking for jobs... failed: ${status}`);
    const given = { level: "error", msg: 'Job trace termination "Fail" failed', error: "gave up" };
    expect(readRunnerLine(line(given)).message).toBe('Job trace termination "Fail" failed: gave up');
  });

  it.each(["trace", "debug", "info"])("that tells of no failure (%s) is passed on as it is", (level) => {
    const fields = { level, msg: "Appending trace to coordinator...ok", status: "202 Accepted" };
    expect(readRunnerLine(line(fields)).message).toBe("Appending trace to coordinator...ok");
  });

  it("that is no JSON is passed on as an error", () => {
    expect(readRunnerLine("panic: oh")).toEqual({ level: "error", message: "panic: oh", events: [] });
  });

  it("loses every token that may be in it, and what is too long", () => {
    const { message } = readRunnerLine(
      line({ msg: `token glrt-abc.d_e-f and glrtr-xyz ${"a".repeat(5_000)}` }),
    );
    expect(message).toMatch(/^token glrt-\[MASKED\] and glrtr-\[MASKED\] a+$/);
    // 1,024 characters, and what the masks add.
    expect(message.length).toBeLessThan(1_100);
  });
});
