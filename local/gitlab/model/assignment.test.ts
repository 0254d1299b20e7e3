import { parseJobSpecs } from "../api/rest/job-specs";
import { matches, requestJob } from "./assignment";
import { manualClock } from "./clock";
import { createPipeline } from "./jobs";
import type { Job, RunnerRecord } from "./records";
import { createRunner, heardFrom, type NewRunnerRecord, updateRunner } from "./runners";
import { createWorld, type World } from "./state";

const wishes: NewRunnerRecord = {
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

const runnerIn = (world: World, fields: Partial<NewRunnerRecord> = {}): RunnerRecord =>
  createRunner(world, { ...wishes, ...fields }) as RunnerRecord;

const jobIn = (world: World, tags: readonly string[] = [], projectId = 1): Job =>
  createPipeline(world, projectId, parseJobSpecs([{ name: "job", tags, script: ["true"] }])).jobs[0]!;

const ask = (world: World, runner: RunnerRecord, lastUpdate?: string, signal?: AbortSignal) =>
  requestJob(
    world,
    runner,
    {
      manager: heardFrom(world, runner, "r_1", {}),
      lastUpdate,
      twoPhaseCommit: true,
      cancelGracefully: true,
    },
    signal ?? new AbortController().signal,
  );

const setUp = () => {
  const clock = manualClock();
  return { clock, world: createWorld({}, clock) };
};

describe("which jobs a runner may take", () => {
  it.each([
    ["a job whose tags it has", ["a"], { tags: ["a", "b"], runUntagged: false }, true],
    ["a job with a tag that it lacks", ["a", "c"], { tags: ["a", "b"] }, false],
    ["an untagged job when it may", [], { tags: ["a"], runUntagged: true }, true],
    ["an untagged job when it may not", [], { tags: ["a"], runUntagged: false }, false],
    ["a tag in other letters", ["A"], { tags: ["a"] }, false],
    ["another project's job", [], { projectId: 2 }, false],
    [
      "any project's job as an instance runner",
      [],
      { type: "instance_type" as const, projectId: undefined },
      true,
    ],
    [
      "a job on an unprotected ref when it is for protected ones",
      [],
      { accessLevel: "ref_protected" as const },
      false,
    ],
  ])("%s", (_case, tags, runner, expected) => {
    const { world } = setUp();
    expect(matches(runnerIn(world, runner), jobIn(world, tags))).toBe(expected);
  });
});

describe("POST jobs/request", () => {
  it("hands the oldest matching job to whichever runner asks, and each job to one runner only", async () => {
    const { world } = setUp();
    const first = jobIn(world, ["x"]);
    const second = jobIn(world, ["x"]);
    const runners = [1, 2, 3].map(() => runnerIn(world, { tags: ["x"] }));
    const answers = await Promise.all(runners.map((runner) => ask(world, runner)));
    const taken = answers.map((answer) => (answer.kind === "job" ? answer.job.id : undefined));
    expect(taken).toEqual([first.id, second.id, undefined]);
    expect(first.status).toBe("pending");
    expect(first.runner).toBe(runners[0]);
  });

  it("gives nothing to a paused runner", async () => {
    const { world } = setUp();
    jobIn(world);
    expect((await ask(world, runnerIn(world, { paused: true }))).kind).toBe("none");
  });

  it("holds a request that knows the newest queue value until a matching job comes", async () => {
    const { world } = setUp();
    const runner = runnerIn(world, { tags: ["x"], runUntagged: false });
    const answer = ask(world, runner, runner.queueValue);
    jobIn(world, ["other"]);
    expect(runner.polls.size).toBe(1);
    const job = jobIn(world, ["x"]);
    expect(await answer).toEqual({ kind: "job", job });
    expect(runner.polls.size).toBe(0);
  });

  it("ends a held request after the long-poll time with nothing and the same queue value", async () => {
    const { clock, world } = setUp();
    const runner = runnerIn(world);
    const answer = ask(world, runner, runner.queueValue);
    clock.advance(49_999);
    expect(runner.polls.size).toBe(1);
    clock.advance(1);
    expect(await answer).toEqual({ kind: "none", lastUpdate: runner.queueValue });
  });

  it("wakes two held requests for one job and gives it to one of them", async () => {
    const { world } = setUp();
    const runners = [runnerIn(world), runnerIn(world)];
    const answers = runners.map((runner) => ask(world, runner, runner.queueValue));
    jobIn(world);
    const kinds = (await Promise.all(answers)).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(["job", "none"]);
  });

  it("answers a held request with nothing as soon as the runner is paused", async () => {
    const { world } = setUp();
    const runner = runnerIn(world);
    const before = runner.queueValue;
    const answer = ask(world, runner, before);
    updateRunner(world, runner, { paused: true });
    jobIn(world);
    expect((await answer).kind).toBe("none");
    expect(runner.queueValue).not.toBe(before);
  });

  it("assigns nothing to a runner that has hung up", async () => {
    const { world } = setUp();
    const runner = runnerIn(world);
    const line = new AbortController();
    const answer = ask(world, runner, runner.queueValue, line.signal);
    line.abort();
    const job = jobIn(world);
    expect((await answer).kind).toBe("none");
    expect(job.runner).toBeUndefined();
  });

  it("tells the runner the smaller of the job's and its own timeout", async () => {
    const { world } = setUp();
    const job = jobIn(world);
    await ask(world, runnerIn(world, { maximumTimeout: 600 }));
    expect(job.timeoutSeconds).toBe(600);
  });
});
