import { parseJobSpecs } from "../api/rest/job-specs";
import { requestJob } from "./assignment";
import { manualClock } from "./clock";
import { expire } from "./expiry";
import { createPipeline, finish, start } from "./jobs";
import type { StandInRunner } from "./records";
import { createRunner, recordContact } from "./runners";
import { createGitLabState } from "./state";

const setUp = async (timeout = 3_600, more: object = {}) => {
  const clock = manualClock();
  const state = createGitLabState({}, clock);
  const job = createPipeline(state, 1, parseJobSpecs([{ name: "a", script: ["true"], timeout, ...more }]))
    .jobs[0]!;
  const runner = createRunner(state, {
    type: "instance_type",
    tokenPrefix: "glrt-",
    description: "",
    tags: [],
    runUntagged: true,
    locked: false,
    paused: false,
    accessLevel: "not_protected",
    maximumTimeout: null,
    maintenanceNote: null,
  }) as StandInRunner;
  const take = () =>
    requestJob(
      state,
      runner,
      { manager: recordContact(state, runner, "r_1", {}), twoPhaseCommit: true, cancelGracefully: true },
      new AbortController().signal,
    );
  const after = (milliseconds: number) => {
    clock.advance(milliseconds);
    expire(state);
  };
  return { state, job, runner, take, after };
};

it("ends an assignment that was not confirmed for two minutes", async () => {
  const { job, take, after } = await setUp();
  await take();
  const token = job.token!;
  after(119_999);
  expect(job.runner).toBeDefined();
  after(1);
  expect(job.runner).toBeUndefined();
  expect(job.status).toBe("pending");
  expect(job.staleTokens.has(token)).toBe(true);
  expect((await take()).kind).toBe("job");
});

it("fails a running job whose runner is silent, so that a killed runner's pipeline ends", async () => {
  const { state, job, take, after } = await setUp();
  await take();
  start(state, job);
  after(state.limits.silenceMs - 1);
  expect(job.status).toBe("running");
  after(1);
  expect(job).toMatchObject({ status: "failed", failureReason: "stuck_or_timeout_failure" });
});

it("fails a job that outlives its timeout, though its runner reports", async () => {
  const { state, job, take, after } = await setUp(30);
  await take();
  start(state, job);
  after(50_000);
  job.reportedAt = state.clock.now();
  after(39_999);
  expect(job.status).toBe("running");
  after(1);
  expect(job).toMatchObject({ status: "failed", failureReason: "job_execution_timeout" });
});

it("fails a job pending for an hour without a runner online, and any job pending for a day", async () => {
  const { state, job, runner, after } = await setUp();
  recordContact(state, runner, "r_1", {});
  after(3_600_000);
  expect(job.status).toBe("pending");
  after(3_600_001);
  expect(job.status).toBe("failed");
  const online = await setUp();
  for (let hour = 0; hour < 23; hour += 1) {
    recordContact(online.state, online.runner, "r_1", {});
    online.after(3_600_000);
  }
  expect(online.job.status).toBe("pending");
  online.after(3_600_000);
  expect(online.job.status).toBe("failed");
});

it.each([
  ["stuck_or_timeout_failure", true],
  ["runner_system_failure", false],
])(
  "runs a job again whose runner is silent where it asks for that: retry when %s",
  async (reason, isRetried) => {
    const { state, job, take, after } = await setUp(3_600, { retry: { max: 1, when: [reason] } });
    await take();
    start(state, job);
    after(state.limits.silenceMs);
    const again = [...state.jobs.values()].filter(({ id }) => id !== job.id);
    expect(again.map(({ status, retriesCount, runner }) => [status, retriesCount, runner])).toEqual(
      isRetried ? [["pending", 1, undefined]] : [],
    );
    expect([job.status, job.retried]).toEqual(["failed", isRetried]);
  },
);

it("runs a job again only so often, and its pipeline goes on with the last result", async () => {
  const specs = parseJobSpecs([
    { name: "a", script: ["false"], retry: 1 },
    { name: "b", stage: "later", script: ["true"] },
  ]);
  const state = createGitLabState({}, manualClock());
  const { jobs } = createPipeline(state, 1, specs);
  const [first, later] = jobs;
  finish(state, first!, "failed", "script_failure");
  const second = jobs[2]!;
  expect([later!.status, second.status]).toEqual(["created", "pending"]);
  finish(state, second, "failed", "script_failure");
  expect(jobs.map(({ status }) => status)).toEqual(["failed", "skipped", "failed"]);
});

it.each([[3], [{ max: -1 }], [{ max: 1, when: ["bad luck"] }]])("refuses retry: %j", (retry) => {
  expect(() => parseJobSpecs([{ name: "a", script: ["true"], retry }])).toThrow(/retry/);
});
