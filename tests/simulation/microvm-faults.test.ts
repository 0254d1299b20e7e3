import { attemptsOf, expectMet, first, HOUR, MINUTE, settle, simulationWith, waitOf } from "./scenario-parts";
import type { Job } from "./world/gitlab";
import { KEPT_MINUTES } from "./world/stack";
import type { Simulation } from "./world/world";

/** What only MicroVMs do. Kill points, random jobs and conservation have them among the other providers. */

const START = "StartMicroVmRunnerFunction";

const many = (world: Simulation, jobs: number, kind: "microVm" | "elastic", seconds = 20): Job[] =>
  Array.from({ length: jobs }, () => world.addJob({ kind, seconds }));

const vmsOf = (world: Simulation): number => world.microVms.vms.size;

it.each([
  ["on its way out", "loses-answer"],
  ["before it was told", "times-out"],
] as const)("I-2 I-19 F-43: a launch whose answer is lost %s has one MicroVM", async (_, fault) => {
  const world = simulationWith({ faults: first("microvm.run", START, fault) });
  const job = world.addJob({ kind: "microVm" });
  await settle(world);
  expectMet(job);
  expect([vmsOf(world), attemptsOf(world, job)]).toEqual([1, 1]);
});

it("F-43: an account whose memory is used up lets the next ones wait, and they start when a VM is gone", async () => {
  const world = simulationWith({ microVms: { memoryQuotaMiB: 2 * 2048 } });
  const jobs = many(world, 4, "microVm");
  await settle(world);
  expectMet(...jobs);
  expect(jobs.map((job) => attemptsOf(world, job))).toEqual([1, 1, 1, 1]);
});

it("I-2 F-43: an account whose memory is used up gives the next ones their fallback, as the same attempt", async () => {
  const world = simulationWith({ microVms: { memoryQuotaMiB: 2 * 1024 } });
  const jobs = many(world, 4, "elastic", 100);
  await settle(world);
  expectMet(...jobs);
  expect([vmsOf(world), world.ec2.instances.size]).toEqual([2, 2]);
  expect(jobs.map((job) => attemptsOf(world, job))).toEqual([1, 1, 1, 1]);
  // What an instance takes that installs nothing, and no pass of the reconciler before it.
  for (const job of jobs) expect(waitOf(job)).toBeLessThan(90);
});

it("F-33 F-43: a new account that grants one launch a second gets twenty jobs started in turn", async () => {
  const world = simulationWith({ microVms: { runsPerSecond: 1 } });
  const jobs = many(world, 20, "microVm", 10);
  await settle(world);
  expectMet(...jobs);
  expect(vmsOf(world)).toBe(20);
});

it("F-44: a MicroVM that never answers its start is ended by Lambda, and its job has the next attempt within minutes", async () => {
  const world = simulationWith({ microVms: { neverRuns: 1 } });
  const job = world.addJob({ kind: "microVm" });
  await world.run(20);
  world.microVms.options = { ...world.microVms.options, neverRuns: 0 };
  await settle(world);
  expectMet(job);
  expect([vmsOf(world), attemptsOf(world, job)]).toEqual([2, 2]);
});

it("F-45: lists that lack living VMs and show dead ones as running end no job and leave nothing", async () => {
  const world = simulationWith({ microVms: { listLies: 0.6, listLag: 60_000 } });
  const jobs = many(world, 6, "microVm", 25 * MINUTE);
  await world.run(40 * MINUTE);
  expectMet(...jobs);
  world.microVms.options = { ...world.microVms.options, listLies: 0 };
  await settle(world);
  expect(vmsOf(world)).toBe(6);
});

it("I-5: a VM outlives its runner, and is ended although the event that should end it never comes", async () => {
  const world = simulationWith({ crashes: 1 });
  const job = world.addJob({ kind: "microVm", seconds: 100 });
  await settle(world, 2 * HOUR);
  expect([job.status, vmsOf(world)]).toEqual(["failed", 1]);
});

it("I-23 F-46: with the control plane gone after the launch a VM is gone at its maximum duration", async () => {
  const world = simulationWith();
  world.addJob({ kind: "microVm", seconds: 30 });
  world.when(
    () => world.microVms.live().some(({ state }) => state === "RUNNING"),
    () => {
      world.passes = false;
      world.calls.plan = () => "fails";
    },
  );
  const [lifetime, margin] = [HOUR, 1_260];
  await world.run(lifetime + margin + MINUTE);
  expect(world.microVms.live()).toEqual([]);
});

it("I-3: a start that dies after its launch leaves a VM that takes the job, runs it to its end and is ended then", async () => {
  const world = simulationWith({ faults: first("microvm.run", START, "dies") });
  const job = world.addJob({ kind: "microVm", seconds: 20 * MINUTE });
  await settle(world, HOUR);
  expectMet(job);
  expect(vmsOf(world)).toBe(1);
});

/** Whether each VM of a job that failed on an unprotected ref is there, each minute. */
const keptFor = async (world: Simulation, minutes: number): Promise<readonly string[]> => {
  const states: string[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    states.push([...world.microVms.vms.values()].map(({ state }) => state).join(" "));
    await world.run(MINUTE);
  }
  return states;
};

it("T-35 I-5: the VM of a failed job is kept for as long as its class says, lets in a shell alone, and is ended then by a pass", async () => {
  const world = simulationWith();
  const job = world.addJob({ kind: "kept", seconds: 20, fails: true, ref: "feature" });
  await world.run(MINUTE);
  // Its runner is gone, and its slot free.
  expect([job.status, world.gitLab.records.size, world.table.taken("stack")]).toEqual(["failed", 0, 0]);
  const states = await keptFor(world, 15);
  const kept = states.filter((state) => state === "SUSPENDED");
  // As long as its class asks.
  expect(kept.length).toBeGreaterThanOrEqual(KEPT_MINUTES);
  // A pass comes each minute, and the end that it orders takes a moment.
  expect(kept.length).toBeLessThanOrEqual(KEPT_MINUTES + 3);
  await settle(world);
  expect(vmsOf(world)).toBe(1);
});

it("I-23 F-46: with the control plane gone a VM that is kept is gone at its maximum duration", async () => {
  const world = simulationWith();
  world.addJob({ kind: "kept", seconds: 20, fails: true, ref: "feature" });
  world.when(
    () => [...world.microVms.vms.values()].some(({ state }) => state === "SUSPENDED"),
    () => {
      world.passes = false;
      world.calls.plan = () => "fails";
    },
  );
  const [lifetime, margin] = [HOUR, 1_260];
  await world.run(lifetime + margin + (KEPT_MINUTES + 1) * MINUTE);
  expect([...world.microVms.vms.values()].map(({ state }) => state)).toEqual(["TERMINATED"]);
});

it.each([
  ["on a protected ref", "kept", "main"],
  ["of a class that keeps none", "microVm", "feature"],
] as const)("T-35: a failed job %s leaves no VM, whoever's VM it had", async (_, kind, ref) => {
  const world = simulationWith({ gitLab: { gives: "newest" } });
  world.addJob({ kind: "kept", seconds: 20, ref: "feature" });
  world.addJob({ kind, seconds: 20, fails: true, ref });
  await settle(world);
  expect(world.calls.counts.get("microvm.suspend") ?? 0).toBe(0);
});

it("I-22: a class's limit holds for MicroVMs and for what falls back from them", async () => {
  const world = simulationWith({
    stack: { classLimit: 2, totalLimit: 3 },
    microVms: { memoryQuotaMiB: 1024 },
  });
  const jobs = many(world, 8, "elastic");
  await settle(world);
  expect(jobs.every(({ status }) => status === "success")).toBe(true);
});

it("I-1: a runner that waits for EC2 and goes by an exchange to a job, after the last one had left its project's queue, is launched", async () => {
  const world = simulationWith({
    seed: 1,
    ec2: { fleetsAtOnce: 10, fleetsPerSecond: 1 },
    stack: { totalLimit: 500, classLimit: 500 },
  });
  for (let index = 0; index < 250; index += 1)
    world.after(index / 100, () =>
      world.addJob({ kind: "elastic", projectId: 1 + (index % 20), seconds: 60 }),
    );
  await world.run(3);
  await settle(world, HOUR);
  expect([...world.gitLab.jobs.values()].filter(({ status }) => status !== "success")).toEqual([]);
});

it("I-1 I-2: a runner that fell back, waits for EC2 and goes to another job by an exchange is launched for that one", async () => {
  const world = simulationWith({
    ec2: { fleetsAtOnce: 5, fleetsPerSecond: 1 },
    microVms: { runsPerSecond: 1 },
    gitLab: { gives: "any" },
    stack: { totalLimit: 500, classLimit: 500 },
  });
  const jobs = many(world, 150, "elastic", 30);
  await settle(world, 2 * HOUR);
  expect(jobs.filter(({ status }) => status !== "success")).toEqual([]);
});
