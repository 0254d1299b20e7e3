import { parseJobSpecs } from "../api/rest/job-specs";
import { manualClock } from "./clock";
import { cancel, createPipeline, finish, pipelineStatus, play, retry, start } from "./jobs";
import type { Pipeline, StandInJob } from "./records";
import { createGitLabState, type GitLabState } from "./state";

const setUp = (
  jobs: readonly Record<string, unknown>[],
): { state: GitLabState; pipeline: Pipeline; sent: string[] } => {
  const state = createGitLabState({}, manualClock());
  const sent: string[] = [];
  state.onWebhookDue = (job: StandInJob) => sent.push(`${job.spec.name} ${job.status}`);
  const pipeline = createPipeline(state, 1, parseJobSpecs(jobs.map((job) => ({ script: ["true"], ...job }))));
  return { state, pipeline, sent };
};

const statuses = (pipeline: Pipeline): readonly string[] => pipeline.jobs.map((job) => job.status);

describe("a pipeline", () => {
  it("sends created for every job and pending for those of the first stage", () => {
    const { sent, pipeline } = setUp([
      { name: "build", stage: "build" },
      { name: "test", stage: "test" },
    ]);
    expect(sent).toEqual(["build created", "test created", "build pending"]);
    expect(statuses(pipeline)).toEqual(["pending", "created"]);
  });

  it("begins a stage when the one before it has passed", () => {
    const { state, pipeline } = setUp([
      { name: "build", stage: "build" },
      { name: "test", stage: "test" },
    ]);
    start(state, pipeline.jobs[0]!);
    finish(state, pipeline.jobs[0]!, "success");
    expect(statuses(pipeline)).toEqual(["success", "pending"]);
  });

  it.each([
    ["on_success", false, "skipped"],
    ["on_failure", false, "pending"],
    ["always", false, "pending"],
    ["manual", false, "skipped"],
    ["on_success", true, "pending"],
    ["on_failure", true, "skipped"],
  ])("after a failure, a job with when %s (failure allowed: %s) is %s", (when, isAllowed, expected) => {
    const { state, pipeline } = setUp([
      { name: "build", stage: "build", allow_failure: isAllowed },
      { name: "test", stage: "test", when },
    ]);
    finish(state, pipeline.jobs[0]!, "failed", "script_failure");
    expect(pipeline.jobs[1]!.status).toBe(expected);
  });

  it("sends no webhook for manual and skipped jobs, and pending when a manual one is played", () => {
    const { state, pipeline, sent } = setUp([{ name: "deploy", when: "manual" }]);
    expect(sent).toEqual(["deploy created"]);
    expect(play(state, pipeline.jobs[0]!)).toBe(true);
    expect(sent).toEqual(["deploy created", "deploy pending"]);
    expect(play(state, pipeline.jobs[0]!)).toBe(false);
  });

  it.each([
    [["success", "success"], "success"],
    [["success", "failed"], "failed"],
    [["success", "canceled"], "canceled"],
    [["success", "pending"], "running"],
    [["running", "pending"], "running"],
    [["pending", "created"], "pending"],
    [["manual"], "manual"],
    [["skipped"], "skipped"],
  ])("with jobs %j is %s", (given, expected) => {
    const { pipeline } = setUp(given.map((_, index) => ({ name: `job ${index}` })));
    for (const [index, status] of given.entries())
      pipeline.jobs[index]!.status = status as StandInJob["status"];
    expect(pipelineStatus(pipeline)).toBe(expected);
  });
});

describe("cancelling", () => {
  it("ends a pending job at once", () => {
    const { state, pipeline, sent } = setUp([{ name: "a" }]);
    cancel(state, pipeline.jobs[0]!);
    expect(sent.at(-1)).toBe("a canceled");
    expect(state.pending.size).toBe(0);
  });

  it("leaves a running job canceling, without a webhook, until its runner reports; whatever it reports, it is canceled", () => {
    const { state, pipeline, sent } = setUp([{ name: "a" }]);
    const job = pipeline.jobs[0]!;
    job.cancelGracefully = true;
    start(state, job);
    cancel(state, job);
    expect(job.status).toBe("canceling");
    expect(sent.at(-1)).toBe("a running");
    finish(state, job, "success");
    expect(job.status).toBe("canceled");
    expect(sent.at(-1)).toBe("a canceled");
  });

  it("ends a running job at once when its runner cannot cancel gracefully, and a canceling one when forced", () => {
    const { state, pipeline } = setUp([{ name: "a" }, { name: "b" }]);
    const [a, b] = [pipeline.jobs[0]!, pipeline.jobs[1]!];
    start(state, a);
    cancel(state, a);
    expect(a.status).toBe("canceled");
    b.cancelGracefully = true;
    start(state, b);
    cancel(state, b);
    cancel(state, b, true);
    expect(b.status).toBe("canceled");
  });

  it("leaves an ended job alone", () => {
    const { state, pipeline } = setUp([{ name: "a" }]);
    finish(state, pipeline.jobs[0]!, "success");
    expect(cancel(state, pipeline.jobs[0]!)).toBe(false);
    expect(pipeline.jobs[0]!.status).toBe("success");
  });
});

describe("a retry", () => {
  it("is a new job with a new id, its own created and pending, and the next retries_count", () => {
    const { state, pipeline, sent } = setUp([{ name: "a" }]);
    const job = pipeline.jobs[0]!;
    finish(state, job, "failed");
    const again = retry(state, job)!;
    expect(again.id).not.toBe(job.id);
    expect(again.retriesCount).toBe(1);
    expect(sent.slice(-2)).toEqual(["a created", "a pending"]);
    expect(pipelineStatus(pipeline)).toBe("pending");
  });

  it("is refused for a job that has not ended or was retried before", () => {
    const { state, pipeline } = setUp([{ name: "a" }]);
    const job = pipeline.jobs[0]!;
    expect(retry(state, job)).toBeUndefined();
    finish(state, job, "failed");
    retry(state, job);
    expect(retry(state, job)).toBeUndefined();
  });
});

describe("memory", () => {
  it("forgets the oldest ended pipelines beyond 5,000 jobs, and no job that is still open", () => {
    const { state, pipeline: open } = setUp([{ name: "open" }]);
    const many = Array.from({ length: 1_000 }, (_, index) => ({ name: `job ${index}`, script: ["true"] }));
    for (let round = 0; round < 6; round += 1) {
      const pipeline = createPipeline(state, 1, parseJobSpecs(many));
      for (const job of pipeline.jobs) finish(state, job, "success");
    }
    // `JOBS_KEPT` in `retention.ts`.
    expect(state.jobs.size).toBeLessThanOrEqual(5_000);
    expect(state.jobs.has(open.jobs[0]!.id)).toBe(true);
  });
});
