import { parseJobSpecs } from "../api/rest/job-specs";
import { matches, requestJob } from "./assignment";
import { manualClock } from "./clock";
import { createPipeline } from "./jobs";
import type { StandInJob, StandInRunner } from "./records";
import { createRunner, type NewStandInRunner, recordContact, updateRunner } from "./runners";
import { createGitLabState, type GitLabState } from "./state";

const wishes: NewStandInRunner = {
  type: "project_type",
  projectId: 1,
  tokenPrefix: "glrt-",
  description: "",
  tags: [],
  runUntagged: true,
  locked: true,
  paused: false,
  accessLevel: "not_protected",
  maximumTimeout: null,
  maintenanceNote: null,
};

const runnerIn = (state: GitLabState, fields: Partial<NewStandInRunner> = {}): StandInRunner =>
  createRunner(state, { ...wishes, ...fields }) as StandInRunner;

const jobIn = (state: GitLabState, tags: readonly string[] = [], projectId = 1): StandInJob =>
  createPipeline(state, projectId, parseJobSpecs([{ name: "job", tags, script: ["true"] }])).jobs[0]!;

const ask = (state: GitLabState, runner: StandInRunner, lastUpdate?: string, signal?: AbortSignal) =>
  requestJob(
    state,
    runner,
    {
      manager: recordContact(state, runner, "r_1", {}),
      lastUpdate,
      twoPhaseCommit: true,
      cancelGracefully: true,
    },
    signal ?? new AbortController().signal,
  );

const setUp = () => {
  const clock = manualClock();
  return { clock, state: createGitLabState({}, clock) };
};

describe("which jobs a runner may take", () => {
  it.each([
    ["a job whose tags it has", ["a"], { tags: ["a", "b"], runUntagged: false }, true],
    ["a job with a tag that it lacks", ["a", "c"], { tags: ["a", "b"] }, false],
    ["an untagged job when it may", [], { tags: ["a"], runUntagged: true }, true],
    ["an untagged job when it may not", [], { tags: ["a"], runUntagged: false }, false],
    ["a tag in another case", ["A"], { tags: ["a"] }, false],
    ["another project's job", [], { projectId: 2 }, false],
    [
      "any project's job as an instance runner",
      [],
      { type: "instance_type" as const, projectId: undefined },
      true,
    ],
  ])("%s", (_case, tags, runner, expected) => {
    const { state } = setUp();
    expect(matches(runnerIn(state, runner), jobIn(state, tags))).toBe(expected);
  });

  it.each([
    ["a job on an unprotected ref when it is for protected ones", "feature", "ref_protected" as const, false],
    ["a job on a protected ref when it is for these", "main", "ref_protected" as const, true],
    ["a job on a protected ref when it is for any", "main", "not_protected" as const, true],
  ])("%s", (_case, ref, accessLevel, expected) => {
    const { state } = setUp();
    const spec = parseJobSpecs([{ name: "job", script: ["true"] }]);
    const [job] = createPipeline(state, 1, spec, ref).jobs;
    expect(matches(runnerIn(state, { accessLevel }), job!)).toBe(expected);
  });
});

describe("POST jobs/request", () => {
  it("hands the oldest matching job to whichever runner asks, and each job to one runner only", async () => {
    const { state } = setUp();
    const first = jobIn(state, ["x"]);
    const second = jobIn(state, ["x"]);
    const runners = [1, 2, 3].map(() => runnerIn(state, { tags: ["x"] }));
    const answers = await Promise.all(runners.map((runner) => ask(state, runner)));
    const taken = answers.map((answer) => (answer.kind === "job" ? answer.job.id : undefined));
    expect(taken).toEqual([first.id, second.id, undefined]);
    expect(first.status).toBe("pending");
    expect(first.runner).toBe(runners[0]);
  });

  it("gives nothing to a paused runner", async () => {
    const { state } = setUp();
    jobIn(state);
    expect((await ask(state, runnerIn(state, { paused: true }))).kind).toBe("none");
  });

  it("holds a request that knows the newest queue value until a matching job comes", async () => {
    const { state } = setUp();
    const runner = runnerIn(state, { tags: ["x"], runUntagged: false });
    const answer = ask(state, runner, runner.queueValue);
    jobIn(state, ["other"]);
    expect(runner.polls.size).toBe(1);
    const job = jobIn(state, ["x"]);
    expect(await answer).toEqual({ kind: "job", job });
    expect(runner.polls.size).toBe(0);
  });

  it("ends a held request after the long-poll time with nothing and the same queue value", async () => {
    const { clock, state } = setUp();
    const runner = runnerIn(state);
    const answer = ask(state, runner, runner.queueValue);
    clock.advance(49_999);
    expect(runner.polls.size).toBe(1);
    clock.advance(1);
    expect(await answer).toEqual({ kind: "none", lastUpdate: runner.queueValue });
  });

  it("wakes two held requests for one job and gives it to one of them", async () => {
    const { state } = setUp();
    const runners = [runnerIn(state), runnerIn(state)];
    const answers = runners.map((runner) => ask(state, runner, runner.queueValue));
    jobIn(state);
    const kinds = (await Promise.all(answers)).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(["job", "none"]);
  });

  it("answers a held request with nothing as soon as the runner is paused", async () => {
    const { state } = setUp();
    const runner = runnerIn(state);
    const before = runner.queueValue;
    const answer = ask(state, runner, before);
    updateRunner(state, runner, { paused: true });
    jobIn(state);
    expect((await answer).kind).toBe("none");
    expect(runner.queueValue).not.toBe(before);
  });

  it("assigns nothing to a runner that has hung up", async () => {
    const { state } = setUp();
    const runner = runnerIn(state);
    const line = new AbortController();
    const answer = ask(state, runner, runner.queueValue, line.signal);
    line.abort();
    const job = jobIn(state);
    expect((await answer).kind).toBe("none");
    expect(job.runner).toBeUndefined();
  });

  it("tells the runner the smaller of the job's and its own timeout", async () => {
    const { state } = setUp();
    const job = jobIn(state);
    await ask(state, runnerIn(state, { maximumTimeout: 600 }));
    expect(job.timeoutSeconds).toBe(600);
  });
});
