import fc from "fast-check";
import { TransientError } from "../../../Core/errors";
import { parseJobEvent } from "../../../Core/model/job-event";
import { interrupted } from "../testing/fakes/interrupted";
import { DEFAULT_ARN, type TestSystem, testSystem, webhook } from "../testing/fakes/test-system";
import { lookUpRunner } from "./look-up-runner";

const lookUp = async (system: TestSystem, input: Record<string, unknown>) =>
  (await lookUpRunner(system.dependencies, parseJobEvent(input), system.routing)).lookup;

describe("lookUpRunner", () => {
  it("takes name, tags and time from GitLab's API", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, name: "real", tags: ["b", "a", "b"] });
    expect(await lookUp(system, webhook({ ...job, name: "forged" }))).toEqual({
      kind: "start",
      provider: "LAMBDA",
      order: {
        jobId: 7,
        projectId: 1,
        jobName: "real",
        tags: ["a", "b"],
        queuedAt: job.createdAt,
        seenAt: system.clock.now(),
        limits: { stack: 100 },
        verified: true,
        runnerClass: system.routing.defaults.LAMBDA,
        functionArn: DEFAULT_ARN,
        functionNamedBy: "AutoScaler's DefaultRunnerArn",
      },
    });
  });

  it("orders a job by the moment it became pending: a manual one that is played later waits from then on", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, createdAt: 1_000, queuedSeconds: 2.5 });
    const now = system.clock.now();
    expect(await lookUp(system, webhook(job))).toMatchObject({ order: { queuedAt: now - 2_500 } });
    system.gitLab.addJob({ id: 8, createdAt: 1_000, queuedSeconds: 0 });
    expect(await lookUp(system, webhook({ ...job, id: 8 }))).toMatchObject({ order: { queuedAt: now } });
  });

  it("I-46: takes from the event when it came, and from whose it is whether the reconciler had to find the job", async () => {
    const system = testSystem();
    const event = webhook(system.gitLab.addJob({ id: 7 }));
    const time = "2026-11-25T11:59:58Z";
    const order = async (more: object) =>
      ((await lookUp(system, { ...event, ...more, time })) as { order?: object }).order;
    expect(await order({ source: "gitlab.webhook", attempt: 1 })).toMatchObject({ seenAt: Date.parse(time) });
    expect(await order({ source: "gitlab.webhook", attempt: 1 })).not.toHaveProperty("isFound");
    expect(await order({ source: "gitlab.reconciler", attempt: 1 })).toMatchObject({ isFound: true });
    expect(await order({ source: "gitlab.reconciler", attempt: 2 })).not.toHaveProperty("isFound");
  });

  it("I-46: says so where GitLab does not answer, which the workflow tries again as any transient error", async () => {
    const system = testSystem();
    const gitLab = interrupted(system.gitLab, "job", () => {
      throw new TransientError("GitLab: 502");
    });
    const event = parseJobEvent(webhook(system.gitLab.addJob({ id: 7 })));
    const looked = lookUpRunner({ ...system.dependencies, gitLab }, event, system.routing);
    await expect(looked).rejects.toMatchObject({ name: "UnreachableError", message: "GitLab: 502" });
  });

  it("I-47: gives the order the objective of the mapping's settings", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7 });
    const queueTimeObjective = { seconds: 60, percent: 95 };
    system.mappings.add({ pk: "settings", sk: "settings", queueTimeObjective });
    expect(await lookUp(system, webhook(job))).toMatchObject({ order: { objective: queueTimeObjective } });
  });

  it("I-22: gives the order the limits of the mapping's settings", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7 });
    system.mappings.add({
      pk: "settings",
      sk: "settings",
      maxRunners: 9,
      maxRunnersPerClass: 4,
      maxRunnersPerProject: 2,
    });
    expect(await lookUp(system, webhook(job))).toMatchObject({
      order: { limits: { stack: 9, project: 2 }, runnerClass: { maxRunners: 4 } },
    });
  });

  it.each([
    ["its id", [1], "start"],
    ["its path", ["group/project-1"], "start"],
    ["its path in another case", ["Group/Project-1"], "start"],
    ["its group", ["other/x", "group/*"], "start"],
    ["nobody, so that its webhook is enough", [], "start"],
    ["another id", [2], "nothing"],
    ["another path", ["group/project-10", "group2/*", "project-1/*"], "nothing"],
  ])("T-19: serves a project when the settings list %s", async (_, projects, kind) => {
    const system = testSystem();
    system.mappings.add({ pk: "settings", sk: "settings", projects });
    const lookup = await lookUp(system, webhook(system.gitLab.addJob({ id: 7 })));
    expect(lookup).toMatchObject(kind === "start" ? { kind } : { kind, reason: "not-served" });
    expect(system.metrics.total("JobsNotServed")).toBe(kind === "start" ? 0 : 1);
  });

  it("T-19: refuses a job of a project that is not served before its mapping can fail", async () => {
    const system = testSystem();
    system.mappings.add({ pk: "settings", sk: "settings", projects: [2] });
    system.mappings.add({ pk: "job#build", sk: "tags#", type: "EC2", class: "gone" });
    expect(await lookUp(system, webhook(system.gitLab.addJob({ id: 7 })))).toMatchObject({
      kind: "nothing",
      reason: "not-served",
    });
  });

  it("I-27: fails when the settings cannot be read", async () => {
    const system = testSystem();
    system.mappings.add({ pk: "settings", sk: "settings", maxRunners: "many" });
    await expect(lookUp(system, webhook(system.gitLab.addJob({ id: 7 })))).rejects.toMatchObject({
      name: "MappingError",
      message: expect.stringContaining("settings / settings has a maxRunners"),
    });
  });

  it("I-16 T-7: depends on no field of the webhook but its two ids", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const expected = await lookUp(system, webhook(job));
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.constantFrom("created", "pending", "running", "success", "failed", "canceled"),
        fc.option(fc.integer({ min: 1, max: 10_000 })),
        async (name, status, runnerId) => {
          const forged = {
            ...webhook(job),
            build_name: name,
            build_status: status,
            runner: { id: runnerId },
            user: { id: runnerId, username: name, email: name },
            commit: { author_name: name, author_email: name },
            extra: name,
          };
          expect(await lookUp(system, forged)).toEqual(expected);
        },
      ),
    );
  });

  it("T-5: finds nothing for a job under another project's id", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, projectId: 2 });
    expect(await lookUp(system, webhook({ ...job, projectId: 1 }))).toEqual({
      kind: "nothing",
      reason: "no-such-job",
    });
  });

  it.each(["running", "success", "canceled", "manual", "skipped", "scheduled", "waiting_for_resource"])(
    "I-7 F-3 F-6: has nothing to start for a job that is %s, whatever the webhook says",
    async (status) => {
      const system = testSystem();
      const job = system.gitLab.addJob({ id: 7, status });
      expect(await lookUp(system, webhook(job, "pending"))).toEqual({
        kind: "nothing",
        reason: "job-not-pending",
        detail: status,
      });
    },
  );

  it("has nothing to start for a pending job that a runner was assigned", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, runnerId: 3 });
    expect(await lookUp(system, webhook(job))).toEqual({ kind: "nothing", reason: "job-taken" });
  });

  it("asks again while GitLab's replica lags", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, status: "created" });
    system.clock.duringSleep = () => system.gitLab.change(7, { status: "pending" });
    expect(await lookUp(system, webhook(job, "pending"))).toMatchObject({ kind: "start" });
    expect(system.clock.sleeps).toHaveLength(1);
  });

  it("F-4: gives up on a job that stays created after ten seconds", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, status: "created" });
    expect(await lookUp(system, webhook(job, "pending"))).toEqual({
      kind: "nothing",
      reason: "job-not-pending",
      detail: "created",
    });
    expect(system.clock.sleeps.reduce((sum, each) => sum + each, 0)).toBe(10_000);
  });

  it("I-27 F-15: throws for a row of an unknown type: the default runner is no answer to a mistake", async () => {
    const system = testSystem();
    system.mappings.add({ pk: "job#build", sk: "tags#", type: "FARGATE" });
    const job = system.gitLab.addJob({ id: 7, name: "build" });
    await expect(lookUp(system, webhook(job))).rejects.toMatchObject({ name: "MappingError" });
  });

  it("writes nothing", async () => {
    const system = testSystem();
    await lookUp(system, webhook(system.gitLab.addJob({ id: 7 })));
    expect([system.ledger.writes, system.gitLab.calls]).toEqual([0, ["job"]]);
  });

  it("has nothing to start in payload mode on another status", async () => {
    const system = testSystem({ mode: "payload" });
    const job = system.gitLab.addJob({ id: 7 });
    expect(await lookUp(system, webhook(job, "running"))).toMatchObject({ kind: "nothing" });
  });
});
