import { TransientError } from "../../../Core/errors";
import type { JobEvent } from "../../../Core/model/job-event";
import { fakeClock, fakeGitLab, fakeMetrics, fakeMinuteCounters } from "../testing/fakes";
import { askGitLab, countInVain } from "./ask-gitlab";
import { HintMemory } from "./hint-memory";

const MINUTE = 60_000;

const setUp = () => {
  const clock = fakeClock(MINUTE * 29_000_000);
  const gitLab = fakeGitLab("verified", clock.now);
  const counters = fakeMinuteCounters();
  const metrics = fakeMetrics();
  /** Another environment of the function: counters are shared, memory is not. */
  const environment = () => ({ gitLab, clock, counters, metric: metrics.metric, hints: new HintMemory() });
  return { clock, gitLab, counters, metrics, environment };
};

const hint = (jobId: number, patch: Partial<JobEvent> = {}): JobEvent => ({
  jobId,
  projectId: 1,
  jobName: "",
  status: "pending",
  isWebhook: true,
  ...patch,
});

const isSettled = ({ status }: { readonly status: string }): boolean => status !== "created";
const ask = (dependencies: Parameters<typeof askGitLab>[0], event: JobEvent) =>
  askGitLab(dependencies, event, { isSettled });

describe("askGitLab", () => {
  it.each([403, 404] as const)(
    "T-5: takes %i for a project as its answer, at once, and counts it",
    async (status) => {
      const { gitLab, clock, metrics, environment } = setUp();
      gitLab.refusedProjects.set(1, status);
      expect(await ask(environment(), hint(7))).toEqual({ skipped: "project-refused" });
      expect([gitLab.calls, clock.sleeps]).toEqual([["job"], []]);
      expect(metrics.recorded).toEqual([
        { name: "WebhooksIgnored", value: 1, dimensions: { reason: "project-refused" } },
      ]);
    },
  );

  it("F-4: waits for a job of a known project that a replica may not have yet", async () => {
    const { gitLab, clock, environment } = setUp();
    expect(await ask(environment(), hint(7))).toEqual({ skipped: "no-such-job" });
    expect([gitLab.calls.length, clock.sleeps]).toEqual([6, Array(5).fill(2_000)]);
  });

  it("T-20: asks for a job that is none again a minute later, and not before", async () => {
    const { gitLab, clock, environment } = setUp();
    const here = environment();
    await ask(here, hint(7));
    const asked = gitLab.calls.length;
    gitLab.addJob({ id: 7 });
    expect(await ask(here, hint(7))).toEqual({ skipped: "asked-lately" });
    expect(await ask(here, hint(7, { projectId: 2 }))).toEqual({ skipped: "no-such-job" });
    expect(gitLab.calls.length).toBeGreaterThan(asked);
    clock.advance(MINUTE);
    expect(await ask(here, hint(7))).toMatchObject({ id: 7 });
  });

  it("I-1: keeps no event of ours from its answer, and counts none", async () => {
    const { gitLab, counters, metrics, environment } = setUp();
    const here = environment();
    for (let job = 100; job < 200; job += 1) await ask(here, hint(job));
    const { isWebhook: _, ...ours } = hint(7);
    const before = [...counters.counts];
    expect(await ask(here, ours)).toEqual({ skipped: "no-such-job" });
    gitLab.addJob({ id: 7 });
    expect(await ask(here, ours)).toMatchObject({ id: 7 });
    expect([...counters.counts]).toEqual(before);
    expect(metrics.recorded.filter(({ dimensions }) => dimensions?.reason === "no-such-job")).not.toEqual([]);
  });

  it("T-20: leaves a project's webhooks to the reconciler after 60 calls in vain, till the minute is over", async () => {
    const { gitLab, clock, environment } = setUp();
    for (let job = 100; job < 400; job += 1) {
      const event = hint(job);
      gitLab.addJob({ id: job, status: "success" });
      const dependencies = environment();
      const answer = await ask(dependencies, event);
      if (!("skipped" in answer)) await countInVain(dependencies, event, true);
    }
    expect(gitLab.calls).toHaveLength(60);
    gitLab.addJob({ id: 7 });
    gitLab.addJob({ id: 8, projectId: 2 });
    expect(await ask(environment(), hint(7))).toEqual({ skipped: "vain-calls" });
    expect(await ask(environment(), hint(8, { projectId: 2 }))).toMatchObject({ id: 8 });
    clock.advance(MINUTE);
    expect(await ask(environment(), hint(7))).toMatchObject({ id: 7 });
  });

  it("T-20: bounds the calls for numbers of projects that somebody made up", async () => {
    const { gitLab, environment } = setUp();
    for (let project = 2; project < 2_000; project += 1) {
      gitLab.refusedProjects.set(project, 404);
      await ask(environment(), hint(project, { projectId: project }));
    }
    expect(gitLab.calls).toHaveLength(480);
  });

  it("T-20: counts a webhook that repeats another as one in vain", async () => {
    const { gitLab, environment } = setUp();
    const here = environment();
    gitLab.addJob({ id: 7 });
    for (let time = 0; time < 100; time += 1) await ask(here, hint(7));
    // Its counter, one of the project's four, takes 15.
    expect(gitLab.calls).toHaveLength(16);
  });

  it("asks for a job that the ledger holds whatever webhooks cost, but for repetitions", async () => {
    const { gitLab, clock, environment } = setUp();
    for (let job = 100; job < 300; job += 1) await ask(environment(), hint(job, { status: "running" }));
    gitLab.addJob({ id: 7, status: "running" });
    const event = hint(7, { status: "running" });
    const here = environment();
    clock.advance(1);
    expect(await askGitLab(here, event)).toEqual({ skipped: "vain-calls" });
    expect(await askGitLab(here, event, { isKnown: true })).toMatchObject({ id: 7 });
    expect(await askGitLab(here, event, { isKnown: true })).toEqual({ skipped: "vain-calls" });
  });

  it("I-24: costs no job its start when the counters do not answer", async () => {
    const { gitLab, environment } = setUp();
    gitLab.addJob({ id: 7 });
    const counters = {
      read: async () => Promise.reject(new TransientError("throttled")),
      add: async () => Promise.reject(new TransientError("throttled")),
    };
    expect(await ask({ ...environment(), counters }, hint(7))).toMatchObject({ id: 7 });
    expect(await ask({ ...environment(), counters }, hint(8))).toEqual({ skipped: "no-such-job" });
  });
});

describe("HintMemory", () => {
  it("T-20: holds five thousand jobs at most, the latest", () => {
    const memory = new HintMemory();
    for (let job = 1; job <= 6_000; job += 1) memory.wasInVain(hint(job), 1_000);
    expect([1, 1_000, 1_001, 6_000].map((job) => memory.isInVain(hint(job), 1_000))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("I-33: forgets what a clock that was set back makes younger than now", () => {
    const memory = new HintMemory();
    memory.wasInVain(hint(7), 10 * MINUTE);
    expect(memory.isInVain(hint(7), 5 * MINUTE)).toBe(false);
  });
});
