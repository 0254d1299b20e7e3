import { readFileSync } from "node:fs";
import { SETTINGS_KEY } from "../../Core/routing/settings-row";
import { BUDGETS_RECORD } from "../../Core/usage/budget";
import { dayOf, monthOf } from "../../Core/usage/days";
import { WAIT_CAUSES, type WaitCause } from "../../Core/waiting/causes";
import { isOnAnothers } from "./scale";
import { attemptsOf, during, first, launches, MINUTE, settle, simulationWith } from "./scenario-parts";
import { isAccounted, mostOf, sumOf, waitedFor, waitsOfJob, wrongWaits } from "./waits";
import type { Job } from "./world/gitlab";
import type { Simulation } from "./world/world";

const SECOND = 1_000;

/** What every job waits for, and how long at most where nothing is wrong, in milliseconds. */
const NATURAL: Readonly<Partial<Record<WaitCause, number>>> = {
  // GitLab sends within 900 ms; EventBridge's time has no parts of a second.
  webhook: SECOND,
  // Six calls of up to 250 ms each to GitLab, EC2's launch call of up to 2.5 s, and the bus.
  start: 6 * SECOND,
  // An instance boots within a minute; a function begins within a second.
  boot: 63 * SECOND,
  // GitLab looks for a runner within 400 ms.
  assignment: SECOND,
};

/** Every job that ran has a wait that sums up, and this one waited for nothing but the cause beyond what each start waits for. */
const expectAlone = (world: Simulation, job: Job, cause: WaitCause | undefined): void => {
  expect(wrongWaits(world)).toEqual([]);
  const most = (each: string): number => (NATURAL[each as WaitCause] ?? 0) * attemptsOf(world, job);
  for (const [each, milliseconds] of Object.entries(waitsOfJob(world, job))) {
    if (each === cause) continue;
    expect([each, milliseconds]).toEqual([each, expect.any(Number)]);
    expect([each, milliseconds <= most(each)]).toEqual([each, true]);
  }
};

/** The cause took what was injected, and at most so much more as it takes to notice that it is over. */
const expectCause = (world: Simulation, job: Job, cause: WaitCause, injected: number, more: number): void => {
  expectAlone(world, job, cause);
  const milliseconds = waitsOfJob(world, job)[cause] ?? 0;
  // EventBridge's time is up to a second early.
  expect(milliseconds).toBeGreaterThanOrEqual(injected - SECOND);
  expect(milliseconds).toBeLessThanOrEqual(injected + more);
};

/** Nothing is noticed later than a pass: a minute, what the pass takes, and the start. */
const A_PASS = 70 * SECOND;

describe("a job's wait", () => {
  it.each(["lambda", "ec2"] as const)(
    "I-46: is our start, the boot and GitLab's assignment where nothing is wrong (%s)",
    async (kind) => {
      const world = simulationWith();
      const job = world.addJob({ kind });
      await settle(world);
      expectAlone(world, job, undefined);
      expect(sumOf(waitsOfJob(world, job))).toBe(waitedFor(job));
    },
  );

  it("I-46: has a boot as long as the machine took from its launch to its first request", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2" });
    await settle(world);
    const instance = [...world.ec2.instances.values()][0];
    const booted = (world.gitLab.firstContacts.get(job.runnerId ?? 0) ?? 0) - (instance?.launchedAt ?? 0);
    // The launch is stored a launch call's answer and two writes later.
    expect(booted - (waitsOfJob(world, job).boot ?? 0)).toBeGreaterThanOrEqual(0);
    // EC2 answers a launch call within 2.5 s.
    expect(booted - (waitsOfJob(world, job).boot ?? 0)).toBeLessThan(3 * SECOND);
  });

  it("I-46: counts the boot and the assignment as one where an older GitLab tells nothing of the machine", async () => {
    const world = simulationWith({ gitLab: { tellsOfMachines: false } });
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    expectAlone(world, job, undefined);
    expect(waitsOfJob(world, job)).not.toHaveProperty("assignment");
  });

  it("I-46: counts each job once, with its causes", async () => {
    const world = simulationWith();
    const jobs = [1, 2, 3].map(() => world.addJob({ kind: "lambda" }));
    await settle(world);
    expect(world.usage("waits")).toBe(jobs.length);
    expect(world.usage("waitMs")).toBe(jobs.reduce((sum, job) => sum + (waitedFor(job) ?? 0), 0));
  });
});

describe("a cause alone", () => {
  it("I-46 F-1: webhook, where GitLab sends it late", async () => {
    const world = simulationWith();
    world.webhooks.fate = (_, status) => (status === "pending" ? 9 * SECOND : undefined);
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    expectCause(world, job, "webhook", 9 * SECOND, SECOND);
  });

  it("I-46 F-1: webhook, where it is lost and a pass finds the job", async () => {
    const world = simulationWith();
    world.webhooks.fate = (_, status) => (status === "pending" ? "lost" : undefined);
    await world.run(20);
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    // The next pass is 40 s away.
    expectCause(world, job, "webhook", 40 * SECOND, 5 * SECOND);
  });

  it("I-46: start, where a function of ours hangs", async () => {
    const world = simulationWith();
    let left = 1;
    world.calls.plan = ({ name, caller }) => {
      if (left === 0 || name !== "mappings.rows" || caller !== "LookUpRunnerFunction") return undefined;
      left -= 1;
      return { stall: 4 * SECOND };
    };
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    expectCause(world, job, "start", 4 * SECOND, 6 * SECOND);
  });

  it("I-46 F-57: paused, while new starts are off", async () => {
    const world = simulationWith();
    world.startsAreOn = false;
    const job = world.addJob({ kind: "lambda" });
    await world.run(3 * MINUTE);
    world.startsAreOn = true;
    await settle(world);
    expectCause(world, job, "paused", 3 * MINUTE * SECOND - 5 * SECOND, A_PASS);
  });

  it("I-46: budget, while its project's is spent", async () => {
    const world = simulationWith();
    const rows = world.mapping;
    const holdAt = (usd: number): void => {
      const budgets = [{ project: 1, usd, hold: true }];
      world.mapping = [...rows, { pk: SETTINGS_KEY, sk: SETTINGS_KEY, budgets }];
    };
    holdAt(10);
    // As roll-up-usage keeps it.
    const value = { month: monthOf(dayOf(world.timeline.now)), at: world.timeline.now, usd: { 1: 10 } };
    world.table.stateRecords.set(BUDGETS_RECORD, { name: BUDGETS_RECORD, version: 1, value });
    const job = world.addJob({ kind: "lambda", projectId: 1 });
    await world.run(3 * MINUTE);
    holdAt(20);
    await settle(world);
    expectCause(world, job, "budget", 3 * MINUTE * SECOND - 5 * SECOND, A_PASS);
  });

  it("I-46 I-22: slot, while another job has the only one", async () => {
    const world = simulationWith({ stack: { totalLimit: 1, classLimit: 1 } });
    const other = world.addJob({ kind: "lambda", seconds: 90 });
    await world.run(5);
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    const until = (other.finishedAt ?? 0) - (job.pendingAt ?? 0);
    // The look-up before it and the end of the other runner after it.
    expectCause(world, job, "slot", until - 3 * SECOND, 10 * SECOND);
  });

  it("I-46 I-26: launch-rate, while EC2 takes a launch a minute", async () => {
    const world = simulationWith({ ec2: { bucket: 1, refillPerSecond: 1 / 60 } });
    world.addJob({ kind: "ec2", seconds: 300 });
    while (launches(world) === 0) await world.run(1);
    const job = world.addJob({ kind: "ec2", projectId: 2 });
    const [instance] = world.ec2.instances.values();
    const allowedAt = (instance?.launchedAt ?? 0) + MINUTE * SECOND;
    await settle(world);
    // The start goes on until EC2 refuses it; calls that are refused before do not count there.
    const refusedAt = (job.pendingAt ?? 0) + SECOND + 6 * SECOND;
    expectCause(world, job, "launch-rate", allowedAt - refusedAt, 2 * A_PASS);
  });

  it("I-46: capacity, while EC2 has none", async () => {
    const world = simulationWith({ ec2: { noSpot: 1, noCapacity: 1 } });
    const job = world.addJob({ kind: "ec2" });
    await world.run(2 * MINUTE);
    world.ec2.options = { ...world.ec2.options, noSpot: 0, noCapacity: 0 };
    await settle(world);
    // Tried again after one minute and after three, each with the pass after it.
    expectCause(world, job, "capacity", 2 * MINUTE * SECOND - 8 * SECOND, 2 * MINUTE * SECOND + 20 * SECOND);
  });

  it("I-46 F-21: throttled, while GitLab asks us to wait", async () => {
    const world = simulationWith({
      faults: first("gitLab.createRunner", "StartLambdaRunnerFunction", "throttled"),
    });
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    // GitLab's Retry-After.
    expectCause(world, job, "throttled", 30 * SECOND, A_PASS);
  });

  it("I-46 F-19: gitlab, while it does not answer whether it made a runner", async () => {
    const world = simulationWith();
    during(world, 60, "gitLab.createRunner");
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    expectCause(world, job, "gitlab", 60 * SECOND - 3 * SECOND, 2 * A_PASS);
  });

  it.each([40, 180])(
    "I-46 F-19: gitlab, while it is down for %d s from before the look-up",
    async (seconds) => {
      const world = simulationWith();
      const { now } = world.timeline;
      world.mood.outages = [[now + 100, now + seconds * SECOND]];
      const job = world.addJob({ kind: "lambda" });
      await settle(world);
      expectCause(world, job, "gitlab", seconds * SECOND - 3 * SECOND, A_PASS);
    },
  );

  it("I-46: boot, where Lambda has no room for the runner", async () => {
    const world = simulationWith({ lambda: { concurrency: 0 } });
    const job = world.addJob({ kind: "lambda" });
    await world.run(30);
    world.lambda.options = { ...world.lambda.options, concurrency: 1_000 };
    await settle(world);
    // Lambda tries an event again after ever longer pauses.
    expectCause(world, job, "boot", 25 * SECOND, 60 * SECOND);
  });

  it("I-46: install, for as long as the machine installs", async () => {
    const world = simulationWith({ ec2: { installSeconds: 41 } });
    const job = world.addJob({ kind: "ec2" });
    await settle(world);
    expectAlone(world, job, "install");
    expect(waitsOfJob(world, job).install).toBe(41 * SECOND);
  });

  it("I-46: assignment, while GitLab gives a runner that asks no job", async () => {
    const world = simulationWith();
    const stalledFrom = world.timeline.now;
    world.gitLab.stall(30 * SECOND);
    const job = world.addJob({ kind: "lambda" });
    await settle(world);
    const ready = (world.gitLab.firstContacts.get(job.runnerId ?? 0) ?? 0) - stalledFrom;
    expectCause(world, job, "assignment", 30 * SECOND - ready, SECOND);
  });

  it("I-46: exchange, from the moment at which its runner got another job", async () => {
    const world = simulationWith({ gitLab: { gives: "newest" }, lambda: { concurrency: 0 } });
    const job = world.addJob({ kind: "lambda" });
    await world.run(4);
    world.webhooks.fate = ({ id }, status) => (id !== job.id && status === "pending" ? "lost" : undefined);
    const thief = world.addJob({ kind: "lambda" });
    world.lambda.options = { ...world.lambda.options, concurrency: 1_000 };
    await settle(world);
    expect(thief.startedAt).toBeLessThan(job.startedAt ?? 0);
    const without = (job.startedAt ?? 0) - (thief.startedAt ?? 0);
    expectAlone(world, thief, "webhook");
    // The pick-up that tells us comes a second or two after.
    expectCause(world, job, "exchange", without - 2 * SECOND, 2 * SECOND);
  });

  it("I-46 I-32: failed, where its instance is lost before it asked for a job", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2" });
    await world.run(8);
    const [instance] = world.ec2.instances.values();
    if (instance === undefined) throw new Error("No instance was launched within 8 s");
    const launchedFor = world.timeline.now - instance.launchedAt;
    world.ec2.shutDown(instance);
    await settle(world);
    expectCause(world, job, "failed", launchedFor - 3 * SECOND, A_PASS);
  });
});

describe("waits under faults", () => {
  it("I-46: no job that ran lacks its wait, whoever took whose runner", async () => {
    const world = simulationWith({
      gitLab: { gives: "any" },
      webhooks: { lost: 0.2, late: 0.2, twice: 0.2 },
    });
    for (let index = 0; index < 60; index += 1)
      world.after(index * 5, () => world.addJob({ kind: index % 4 === 0 ? "ec2" : "lambda" }));
    await world.run(10 * MINUTE);
    await settle(world);
    expect(wrongWaits(world)).toEqual([]);
    const all = [...world.gitLab.jobs.values()];
    const jobs = all.filter((job) => isAccounted(world, job));
    // Nothing is stored of a job that runs before its webhook is answered, and only a runner made for another can run it.
    expect(all.filter((job) => !isAccounted(world, job) && !isOnAnothers(world, job))).toEqual([]);
    // Both ways were played.
    expect(new Set(jobs.map((job) => isOnAnothers(world, job))).size).toBe(2);
    expect(jobs.map((job) => sumOf(waitsOfJob(world, job)))).toEqual(jobs.map(waitedFor));
    // Without these two faults nothing was told apart: webhooks that came late, and instances' boots.
    expect(jobs.map((job) => mostOf(waitsOfJob(world, job)))).toEqual(
      expect.arrayContaining(["webhook", "boot"]),
    );
    expect(world.usage("waits")).toBe(jobs.length);
    expect(world.usage("waitMs")).toBe(jobs.reduce((sum, job) => sum + (waitedFor(job) ?? 0), 0));
  });
});

it("I-46: each cause has a scenario here that injects it alone", () => {
  const calls = readFileSync(__filename, "utf8").matchAll(
    /expect(?:Cause|Alone)\(\s*world,\s*job,\s*"([a-z-]+)"/g,
  );
  const shown = new Set([...calls].map(([, cause]) => cause));
  // `other` is what an earlier version stored: this one stores none, which the runs with faults show.
  expect(WAIT_CAUSES.filter((cause) => cause !== "other" && !shown.has(cause))).toEqual([]);
});
