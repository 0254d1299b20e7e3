import { LineCutter, type RunnerNews, readRunnerLine } from "./runner-log";

const line = (fields: Record<string, unknown>): string => JSON.stringify({ level: "info", ...fields });

describe("a line of gitlab-runner's log", () => {
  it.each<{ name: string; fields: Record<string, unknown>; news: RunnerNews | undefined }>([
    {
      name: "a job received",
      fields: {
        msg: "Checking for jobs... received",
        job: 7,
        repo_url: "https://gitlab.example.com/a/b.git",
      },
      news: { kind: "received", jobId: 7 },
    },
    {
      name: "a job that succeeded",
      fields: { msg: "Job succeeded", job: 7, "job-status": "success", duration_s: 1.5 },
      news: { kind: "ended", jobId: 7, status: "success", durationSeconds: 1.5 },
    },
    {
      name: "a job that failed",
      fields: {
        msg: "Job failed: exit status 3",
        job: 7,
        "job-status": "failed",
        failure_reason: "script_failure",
        exit_code: 3,
      },
      news: { kind: "ended", jobId: 7, status: "failed", failureReason: "script_failure", exitCode: 3 },
    },
    {
      name: "a job that failed for a reason of the runner's",
      fields: { msg: 'Job failed (system failure): exec: "bash"', job: 7, "job-status": "failed" },
      news: { kind: "ended", jobId: 7, status: "failed" },
    },
    {
      name: "a report taken",
      fields: { msg: "Submitting job to coordinator...ok", job: 7, "job-status": "running", code: 200 },
      news: { kind: "answered", jobId: 7, answer: "ok" },
    },
    {
      name: "a report refused",
      fields: { msg: "Submitting job to coordinator... forbidden", job: 7, code: 403 },
      news: { kind: "answered", jobId: 7, answer: "refused" },
    },
    {
      name: "a confirmation of a job that is being cancelled",
      fields: { msg: "Submitting job to coordinator...ok", job: 7, "job-status": "canceling" },
      news: { kind: "answered", jobId: 7, answer: "refused" },
    },
    {
      name: "a report that failed",
      fields: { msg: "Submitting job to coordinator... failed", job: 7, code: 500 },
      news: { kind: "answered", jobId: 7, answer: "failed" },
    },
    {
      name: "a rejected token",
      fields: { msg: "Runner is not healthy!" },
      news: { kind: "rejected" },
    },
    {
      name: "a last report given up",
      fields: { msg: 'Job trace termination "Success" failed', error: "x" },
      news: { kind: "given-up" },
    },
    { name: "anything else", fields: { msg: "Updating job...", job: 7 }, news: undefined },
  ])("tells of $name", ({ fields, news }) => {
    expect(readRunnerLine(line(fields)).news).toEqual(news);
  });

  it("that is no JSON is passed on as an error", () => {
    expect(readRunnerLine("panic: oh")).toEqual({ level: "error", message: "panic: oh" });
  });

  it("loses every token that may be in it, and what is too long", () => {
    const { message } = readRunnerLine(
      line({ msg: `token glrt-abc.d_e-f and glrtr-xyz ${"a".repeat(5_000)}` }),
    );
    expect(message).toMatch(/^token glrt-\[MASKED\] and glrtr-\[MASKED\] a+$/);
    expect(message.length).toBeLessThan(1_100);
  });
});

describe("cutting lines", () => {
  it("keeps lines whole that come in pieces", () => {
    const lines: string[] = [];
    const cutter = new LineCutter((each) => lines.push(each));
    for (const piece of ["on", "e\ntw", "o\n\nthr"]) cutter.push(piece);
    expect(lines).toEqual(["one", "two"]);
  });

  it("does not grow with a line that never ends", () => {
    const lines: string[] = [];
    const cutter = new LineCutter((each) => lines.push(each));
    for (let piece = 0; piece < 1_000; piece++) cutter.push("x".repeat(10_000));
    cutter.push("\nnext\n");
    expect(lines[0]?.length).toBeLessThanOrEqual(32_000);
    expect(lines[1]).toBe("next");
  });
});
