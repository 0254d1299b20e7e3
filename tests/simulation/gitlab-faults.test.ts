import { ConfigurationError, ThrottledError } from "../../Core/errors";
import {
  attemptsOf,
  during,
  expectMet,
  first,
  HAND_OUTS,
  HOUR,
  launches,
  liveInstances,
  MINUTE,
  settle,
  total,
  waitOf,
} from "./scenario-parts";
import type { Job } from "./world/gitlab";
import type { Machine } from "./world/machines";
import type { Simulation } from "./world/world";

/** The job's machine hangs from now on: it reports nothing and does not end by itself. */
const hang = (world: Simulation, { runnerId = 0 }: Job): Machine => {
  const machine = world.machines.byRunner.get(runnerId)!;
  machine.isGone = true;
  world.machines.alive.delete(machine);
  return machine;
};

/** As for any job whose webhook was lost (`healing.test.ts`). */
const NORMAL_SECONDS = 90;

describe.each(HAND_OUTS)("GitLab's faults, where $handOut", ({ simulationWith }) => {
  it("F-1 I-8 P-2: jobs start within 90 s when the webhook is switched off", async () => {
    const world = simulationWith({ webhooks: { lost: 1 } });
    await world.run(5);
    const jobs = [1, 2, 3].map(() => world.addJob({ kind: "lambda" }));
    await settle(world);
    expectMet(...jobs);
    for (const job of jobs) expect(waitOf(job)).toBeLessThan(NORMAL_SECONDS);
    expect(total(world, "JobsFoundByReconciler")).toBe(3);
  });

  it("F-2 F-3 I-6 I-16: webhooks that are repeated, reordered or carry another status change nothing", async () => {
    const world = simulationWith({ webhooks: { twice: 1, late: 0.5, relabelled: 1 } });
    const jobs = [1, 2, 3, 4].map(() => world.addJob({ kind: "ec2" }));
    await settle(world);
    expectMet(...jobs);
    // Four jobs', and those of two whose runner took another's job before its webhook came.
    expect(launches(world)).toBeLessThanOrEqual(6);
  });

  it("F-4 F-6: a job that may not run yet starts nothing for hours", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2" }, "created");
    await world.run(3 * HOUR);
    expect([launches(world), world.gitLab.records.size]).toEqual([0, 0]);
    world.gitLab.enqueue(job);
    await settle(world);
    expectMet(job);
  });

  it("F-5: a job that is cancelled before its runner exists leaves no runner behind", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2" });
    world.when(
      () => world.table.attempts.get(job.id)?.[0]?.state === "CLAIMED",
      () => world.gitLab.cancel(job),
    );
    await settle(world);
    expect(world.table.attempts.get(job.id)?.at(-1)?.state).toBe("ENDED");
  });

  it("F-23 I-25: a job starts after GitLab has answered 429 for two minutes, with few calls", async () => {
    const world = simulationWith();
    during(world, 2 * MINUTE, "gitLab.", "throttled");
    const job = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(job);
    // Two minutes of 429, and the calls of a start, a pick-up and an end: none is asked every second.
    expect(world.calls.byJob.get(job.id)).toBeLessThan(60);
  });

  it.each(["ec2", "lambda"] as const)(
    "F-23 I-25: while GitLab answers 429 for 150 s, it is asked no more often than Retry-After says, and no attempt is used up: %s",
    async (kind) => {
      const world = simulationWith();
      const { create } = world.gitLab;
      const until = world.timeline.now + 150_000;
      const asked: number[] = [];
      world.gitLab.create = (runner) => {
        asked.push(world.timeline.now);
        if (world.timeline.now < until) throw new ThrottledError("POST /user/runners: 429", 60);
        return create.call(world.gitLab, runner);
      };
      const job = world.addJob({ kind });
      await settle(world);
      expectMet(job);
      expect(attemptsOf(world, job)).toBe(1);
      // The throttle's 150 s, the pause after a second refusal, a pass, what a pass and a start take, and an instance's boot.
      expect(waitOf(job)).toBeLessThan(150 + 2 * MINUTE + MINUTE + 10 + (kind === "ec2" ? 90 : 0));
      const pauses = asked.slice(1).map((time, index) => time - (asked[index] ?? 0));
      // GitLab's Retry-After.
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(60_000);
      expect(total(world, "JobsFailed")).toBe(0);
    },
  );

  it.each([3, 12])(
    "I-8 I-24: %i projects that refuse their job lists delay no job of another project",
    async (count) => {
      const refusing = Array.from({ length: count }, (_, index) => index + 1);
      const world = simulationWith({ webhooks: { lost: 1 }, mood: { refusing, members: [...refusing, 20] } });
      await world.run(5);
      const jobs = [world.addJob({ kind: "lambda", projectId: 20 })];
      await world.run(20 * MINUTE);
      jobs.push(world.addJob({ kind: "lambda", projectId: 20 }));
      await settle(world);
      expectMet(...jobs);
      for (const job of jobs) expect(waitOf(job)).toBeLessThan(NORMAL_SECONDS);
      // After 1, 3, 7 and 15 minutes.
      expect(world.calls.counts.get("gitLab.jobs")).toBeLessThan(30 + 5 * count);
    },
  );

  it("I-8 I-24: jobs of known projects start while memberships cannot be read for five minutes", async () => {
    const world = simulationWith();
    const first = world.addJob({ kind: "lambda" });
    await world.run(10 * MINUTE);
    during(world, 5 * MINUTE, "gitLab.projects");
    world.webhooks.options = { ...world.webhooks.options, lost: 1 };
    const job = world.addJob({ kind: "lambda" });
    await world.run(5 * MINUTE);
    await settle(world);
    expectMet(first, job);
    expect(waitOf(job)).toBeLessThan(NORMAL_SECONDS);
    expect(total(world, "ReconcilerFailures/membership")).toBeGreaterThan(0);
  });

  it("I-8: the next pass lists a new project whose first job has already ended", async () => {
    const world = simulationWith({ mood: { members: [1] } });
    await world.run(65);
    const first = world.addJob({ kind: "lambda", projectId: 30, seconds: 5 });
    await world.run(50);
    expect(first.status).toBe("success");
    world.webhooks.options = { ...world.webhooks.options, lost: 1 };
    const job = world.addJob({ kind: "lambda", projectId: 30 });
    await settle(world);
    expectMet(job);
    expect(waitOf(job)).toBeLessThan(NORMAL_SECONDS);
  });

  it("F-24 F-53 P-11: wrongly empty lists and answers that are not JSON end no runner", async () => {
    const world = simulationWith({ mood: { emptyList: 1, garbage: 0.2 }, webhooks: { lost: 0.5 } });
    const jobs = [1, 2, 3].map(() => world.addJob({ kind: "ec2", seconds: 10 * MINUTE }));
    await world.run(12 * MINUTE);
    world.calm();
    await settle(world);
    for (const job of jobs) expect(job.status).toBe("success");
  });

  it("F-25: a runner record whose create answer was lost is found by its description and deleted after the grace time", async () => {
    const world = simulationWith();
    world.calls.plan = first("gitLab.createRunner", "StartEc2RunnerFunction", "loses-answer");
    const job = world.addJob({ kind: "ec2" });
    const seconds = await settle(world);
    expectMet(job);
    expect(world.gitLab.descriptions.size).toBe(2);
    // The grace time of an orphan.
    expect(seconds).toBeGreaterThan(10 * MINUTE);
    // And what adopts it, ends it and looks at it again: passes of a minute.
    expect(seconds).toBeLessThan(15 * MINUTE);
  });

  it("F-26 I-25: at GitLab's limit of runner records a job fails visibly after few calls", async () => {
    const world = simulationWith({ gitLab: { gives: "oldest", recordsPerProject: 0 } });
    const job = world.addJob({ kind: "ec2" });
    await world.run(HOUR);
    expect(total(world, "JobsFailed/gitlab-refused")).toBe(3);
    expect(world.calls.counts.get("gitLab.createRunner")).toBe(3);
    expect([job.status, attemptsOf(world, job), launches(world)]).toEqual(["pending", 3, 0]);
  });

  it("F-27: a record that somebody else deleted counts as deleted", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2", seconds: 60 });
    world.when(
      () => job.status === "success",
      () => world.gitLab.remove(job.runnerId ?? 0),
    );
    await settle(world);
    expectMet(job);
  });

  it("F-28 I-20 P-6 P-7: while GitLab is down the instance is terminated after half an hour; its record is deleted when GitLab is back", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2", seconds: 20 * MINUTE });
    await world.run(3 * MINUTE);
    hang(world, job);
    world.gitLab.finish(job, job.runnerId ?? 0, "success");
    world.when(
      () => world.table.runners.get(job.runnerId ?? 0)?.state === "ENDING",
      () => {
        const { now } = world.timeline;
        world.mood.outages = [[now, now + 2 * HOUR * 1000]];
      },
    );
    await world.run(25 * MINUTE);
    expect([liveInstances(world).length, world.gitLab.records.size]).toEqual([1, 1]);
    await world.run(10 * MINUTE);
    expect([liveInstances(world).length, world.gitLab.records.size]).toEqual([0, 1]);
    await settle(world, 3 * HOUR);
  });

  it.each(["pauseRunner", "runnerJobs"])(
    "F-28 I-20 I-3: when GitLab goes down for an hour at %s of an end, the instance is terminated after half an hour",
    async (broken) => {
      const world = simulationWith();
      world.calls.plan = ({ name }) =>
        name === "gitLab.pauseRunner" || name === `gitLab.${broken}` ? "fails" : undefined;
      const job = world.addJob({ kind: "ec2", seconds: 5 * MINUTE });
      const busy = world.addJob({ kind: "ec2", projectId: 2, seconds: 50 * MINUTE });
      await world.run(3 * MINUTE);
      const machine = hang(world, job);
      world.gitLab.finish(job, job.runnerId ?? 0, "success");
      const runner = () => world.table.runners.get(job.runnerId ?? 0);
      world.when(
        () => runner()?.endRequestedAt !== undefined,
        () => {
          const { now } = world.timeline;
          world.mood.outages = [[now, now + HOUR * 1000]];
        },
      );
      await world.run(29 * MINUTE);
      expect([runner()?.state, liveInstances(world).length]).toEqual(["BUSY", 2]);
      await world.run(5 * MINUTE);
      expect([runner()?.state, runner()?.recordDeletedAt]).toEqual(["GONE", undefined]);
      expect(liveInstances(world).map(({ id }) => id)).not.toContain(machine.place);
      expect([busy.status, liveInstances(world).length]).toEqual(["running", 1]);
      expect(world.gitLab.records.size).toBe(2);
      world.calls.plan = () => undefined;
      await settle(world, 3 * HOUR);
      expect(total(world, "EndsForced")).toBe(1);
    },
  );

  it("F-29: the reconciler finds 250 jobs over several pages without any webhook", async () => {
    const world = simulationWith({ webhooks: { lost: 1 }, stack: { totalLimit: 500, classLimit: 500 } });
    const jobs = Array.from({ length: 250 }, () => world.addJob({ kind: "lambda" }));
    await settle(world);
    // How often one of them loses its runner to another, which only a pass can notice here, is chance: no time is asked.
    expect(jobs.filter(({ status }) => status !== "success")).toEqual([]);
  });

  it.each([
    ["ten minutes", 10],
    ["six hours", 360],
  ])("F-30: after an outage of %s every job has run", async (_, minutes) => {
    const world = simulationWith({ stack: { ec2LifetimeSeconds: 10 * HOUR } });
    const { now } = world.timeline;
    const running = world.addJob({ kind: "ec2", seconds: (minutes + 10) * MINUTE });
    await world.run(3 * MINUTE);
    world.mood.outages = [[now + 3 * MINUTE * 1000, now + (3 + minutes) * MINUTE * 1000]];
    const later = [1, 2, 3].map(() => world.addJob({ kind: "ec2", seconds: 30 }));
    await world.run((minutes + 20) * MINUTE);
    await settle(world);
    for (const job of [running, ...later]) expect(job.status).toBe("success");
  });

  it("F-22: a token that GitLab refuses for a minute fails starts visibly, and the next attempt succeeds", async () => {
    const world = simulationWith();
    const until = world.timeline.now + MINUTE * 1000;
    const { create } = world.gitLab;
    world.gitLab.create = (runner) => {
      if (world.timeline.now < until) throw new ConfigurationError("GitLab refuses the token (401)");
      return create.call(world.gitLab, runner);
    };
    const job = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(job);
    expect(total(world, "JobsFailed/configuration")).toBeGreaterThan(0);
  });
});
