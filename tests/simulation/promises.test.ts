import { STACK } from "../../AutoScaler/src/ports";
import {
  expectMet,
  first,
  HOUR,
  launches,
  liveInstances,
  MINUTE,
  settle,
  simulationWith,
  total,
} from "./scenario-parts";
import type { Job } from "./world/gitlab";
import { Simulation } from "./world/world";

const GITLAB = "gitLab.";

const gitLabCalls = (world: Simulation): number =>
  [...world.calls.counts].reduce((sum, [name, count]) => (name.startsWith(GITLAB) ? sum + count : sum), 0);

describe("promises", () => {
  it.each(["lambda", "ec2"] as const)(
    "I-25: a job on %s takes seven GitLab calls and at most eight writes without faults",
    async (kind) => {
      for (let seed = 1; seed <= 30; seed += 1) {
        const world = new Simulation({ seed, passes: false });
        expectMet(await one(world, kind));
        expect(gitLabCalls(world)).toBe(7);
        // As the title promises, and one that is no job's: the record of prices.
        expect(world.table.writes).toBeLessThanOrEqual(8 + 1);
      }
    },
  );

  it("I-25: a GitLab that never answers is asked for a job three times and no more", async () => {
    const world = simulationWith();
    world.calls.plan = ({ name }) => (name.startsWith(GITLAB) ? "fails" : undefined);
    const job = world.addJob({ kind: "ec2" });
    await world.run(HOUR);
    expect(world.calls.counts.get("gitLab.job")).toBe(3);
    expect(job.status).toBe("pending");
  });

  it("I-14 T-11: a runner is paused within fifteen seconds of its job's start", async () => {
    const world = simulationWith();
    for (let index = 0; index < 20; index += 1) world.addJob({ kind: "lambda", projectId: index + 1 });
    await settle(world);
    expect(world.checks.pauses).toHaveLength(20);
    // As the title promises.
    expect(Math.max(...world.checks.pauses)).toBeLessThan(15_000);
  });

  it("I-4 I-5: instance, record and slot are gone five minutes after the job without faults", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2", seconds: 30 });
    await settle(world);
    // As the title promises.
    expect(world.timeline.now - (job.finishedAt ?? 0)).toBeLessThan(5 * MINUTE * 1000);
  });

  it("I-22 P-10: a limit lowered below the number of live runners makes no count negative and starts nothing more", async () => {
    const world = simulationWith({ stack: { totalLimit: 6, classLimit: 6 } });
    const jobs = Array.from({ length: 12 }, () => world.addJob({ kind: "ec2", seconds: 100 }));
    await world.run(90);
    expect(liveInstances(world)).toHaveLength(6);
    world.stack.totalLimit = 2;
    await settle(world);
    for (const job of jobs) expect(job.status).toBe("success");
  });

  it("I-23 I-36: every runner ends by itself when no event and no pass follows its launch", async () => {
    const world = new Simulation({ seed: 3, passes: false, stack: { ec2LifetimeSeconds: 20 * MINUTE } });
    const jobs = [
      world.addJob({ kind: "ec2", seconds: 2 * HOUR }),
      world.addJob({ kind: "lambda", seconds: HOUR }),
    ];
    world.addJob({ kind: "ec2" });
    await world.run(10);
    world.bus.loses = () => true;
    await world.run(25 * MINUTE);
    expect(liveInstances(world)).toEqual([]);
    expect([...world.machines.alive]).toEqual([]);
    expect(jobs.map(({ status }) => status)).toEqual(["failed", "failed"]);
  });

  it("I-24 P-12: an event that cannot be parsed harms none of the others", async () => {
    const world = simulationWith();
    const poison = [{}, { build_id: "7" }, { build_id: 1.5 }, { build_id: 2 ** 53 }, { build_id: { $: "" } }];
    const jobs: Job[] = [];
    const put = (source: string, detail: object): void => {
      const event = {
        object_kind: "build",
        build_status: "pending",
        build_name: "x",
        project_id: 1,
        ...detail,
      };
      world.bus.put({ source, detailType: "GitLabJobEvent", detail: event });
    };
    for (const detail of poison) {
      put("gitlab.webhook", detail);
      put("gitlab.reconciler", detail);
      jobs.push(world.addJob({ kind: "ec2" }));
    }
    await settle(world);
    expectMet(...jobs);
    // Fractions, text and numbers that are too large reach the workflow. A missing id or an object matches no rule. A
    // webhook may hold anything, an event of ours may not.
    expect(total(world, "WebhooksIgnored/malformed")).toBe(3);
    expect(world.conservation.count("failed")).toBe(3);
    expect(total(world, "WorkflowFailures/InvalidInputError")).toBe(3);
  });

  it("P-17: an untagged job's runner takes no tagged job, and a tagged job's runner takes no untagged one", async () => {
    const world = simulationWith();
    const foreign = world.addJob({ kind: "foreign" });
    const untagged = world.addJob({ kind: "lambda" });
    await world.run(5 * MINUTE);
    expectMet(untagged);
    expect(foreign.status).toBe("pending");
    world.gitLab.cancel(foreign);
    await settle(world);
  });

  it("I-27 I-31: unknown object kinds, statuses and events have no effect and are counted", async () => {
    const world = simulationWith();
    const detail = { object_kind: "build", build_id: 1, project_id: 1, build_name: "x" };
    const unknown = [
      { source: "gitlab.webhook", detailType: "GitLabJobEvent", detail: { ...detail, build_status: "odd" } },
      {
        source: "gitlab.webhook",
        detailType: "GitLabJobEvent",
        detail: { ...detail, object_kind: "pipeline" },
      },
      { source: "elsewhere", detailType: "GitLabJobEvent", detail: { ...detail, build_status: "pending" } },
    ];
    for (const event of unknown) world.bus.put(event);
    await world.run(3 * MINUTE);
    expect(world.bus.counts).toMatchObject({ events: 3, unmatched: 3, deliveries: 0 });
    expect(world.verdict()).toEqual([]);
  });

  it("I-7 I-32: replaying all events starts nothing, even when the ledger is empty", async () => {
    const world = simulationWith();
    const events: Parameters<typeof world.bus.put>[0][] = [];
    const { put } = world.bus;
    world.bus.put = (event) => {
      events.push(event);
      put.call(world.bus, event);
    };
    expectMet(await one(world, "ec2"), await one(world, "lambda"));
    const before = [launches(world), world.gitLab.descriptions.size];
    for (const event of [...events]) put.call(world.bus, event);
    await settle(world);
    world.table.attempts.clear();
    world.table.runners.clear();
    for (const event of [...events].reverse()) put.call(world.bus, event);
    await settle(world);
    expect([launches(world), world.gitLab.descriptions.size]).toEqual(before);
  });

  it("I-34 F-57: when starts are switched off during a burst, nothing more starts, running jobs end, and the rest waits", async () => {
    const world = simulationWith({ stack: { totalLimit: 4, classLimit: 4 } });
    const jobs = Array.from({ length: 10 }, () => world.addJob({ kind: "ec2", seconds: 60 }));
    await world.run(30);
    world.startsAreOn = false;
    await world.run(15 * MINUTE);
    expect(launches(world)).toBe(4);
    expect([world.gitLab.records.size, liveInstances(world).length, world.table.taken(STACK)]).toEqual([
      0, 0, 0,
    ]);
    expect(jobs.filter(({ status }) => status === "success")).toHaveLength(4);
    world.startsAreOn = true;
    await settle(world);
    for (const job of jobs) expect(job.status).toBe("success");
  });

  it("F-50 I-21: jobs are met though passes pause for twenty minutes, run twice or die half-way", async () => {
    const launched: number[] = [];
    for (let seed = 1; seed <= 40; seed += 1) {
      const world = simulationWith({ seed, webhooks: { lost: 1 }, passes: false });
      const jobs = [1, 2, 3].map(() => world.addJob({ kind: "ec2" }));
      await world.run(20 * MINUTE);
      expect(launches(world)).toBe(0);
      world.calls.plan = first("ec2.describeInstances", "ReconcilerFunction", "dies", 2);
      world.passes = true;
      for (const at of [1, 1, 30]) world.after(at, () => world.reconcileNow());
      await settle(world);
      for (const job of jobs) expect(job.status).toBe("success");
      launched.push(launches(world));
    }
    // GitLab may give a job the runner of another. Without webhooks a pass may learn of that when the runner without a job is about
    // to end, and the other job gets a second attempt: in one or two of forty seeds.
    expect(launched.filter((count) => count !== 3).length).toBeLessThanOrEqual(4);
    // One for each of the three jobs, and that one.
    expect(Math.max(...launched)).toBeLessThanOrEqual(4);
  });
});

/** Runs one job until nothing is left of it. */
const one = async (world: Simulation, kind: "ec2" | "lambda"): Promise<Job> => {
  const job = world.addJob({ kind });
  await settle(world);
  return job;
};
