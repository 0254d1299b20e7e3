import type { Runner } from "../../../Core/model/ledger";
import { type TestSystem, testSystem, webhook } from "../testing/fakes/test-system";

const MINUTE = 60_000;
const JOB = 7;
const RUNNER = 9001;
const INSTANCE = "i-0123456789abcdef0";

const runner = async (system: TestSystem): Promise<Runner> => (await system.ledger.runner(RUNNER))!;

/** The first attempt of the job. */
const attempt = async (system: TestSystem) => (await system.ledger.attempts(JOB))[0];

const losses = (system: TestSystem): readonly unknown[] =>
  system.metrics.recorded
    .filter(({ name }) => name === "RunnersLost")
    .map(({ dimensions }) => dimensions.reason);

/** A spot instance, launched for the job. */
const launched = async (tags = ["ec2"]): Promise<TestSystem> => {
  const system = testSystem();
  if (tags.includes("ec2"))
    system.ec2.script.push({ kind: "launched", resourceId: INSTANCE, market: "spot", bootstrapKey: "k" });
  await system.start(webhook(system.gitLab.addJob({ id: JOB, tags })));
  system.instances.add({ instanceId: INSTANCE, state: "running", launchedAt: system.clock.now() });
  return system;
};

const busy = async (tags?: string[]): Promise<TestSystem> => {
  const system = await launched(tags);
  system.gitLab.change(JOB, { status: "running", runnerId: RUNNER, startedAt: system.clock.now() });
  await system.pickUp(webhook(system.gitLab.jobsById.get(JOB)!));
  return system;
};

const says = (system: TestSystem, reason: string) =>
  system.stop({ runnerId: "", resourceId: INSTANCE, reason });

const dies = (system: TestSystem, state: "terminated" | "stopped" = "terminated") => {
  system.instances.setState(INSTANCE, state);
  return says(system, `instance-${state}`);
};

const jobEnds = (system: TestSystem, status: string, failureReason?: string) => {
  const finishedAt = system.clock.now();
  system.gitLab.change(JOB, {
    status,
    finishedAt,
    ...(failureReason === undefined ? {} : { failureReason }),
  });
  return system.stop(webhook(system.gitLab.jobsById.get(JOB)!));
};

describe("a runner whose job runs", () => {
  it("F-37: that spot takes back is stored and counted as interrupted, not as one whose job ended", async () => {
    const system = await busy();
    await says(system, "spot-interruption");
    expect((await runner(system)).state).toBe("BUSY");
    await jobEnds(system, "failed", "runner_interrupted");
    expect(await runner(system)).toMatchObject({ state: "GONE", reason: "spot-interruption" });
    expect(losses(system)).toEqual(["spot-interruption"]);
  });

  it("F-37: nor as one whose instance was lost, where the instance dies before GitLab hears of it", async () => {
    const system = await busy();
    await says(system, "spot-interruption");
    await dies(system);
    expect(await runner(system)).toMatchObject({ state: "GONE", reason: "spot-interruption" });
    expect(await attempt(system)).toMatchObject({ state: "ENDED", reason: "spot-interruption" });
    expect(losses(system)).toEqual(["spot-interruption"]);
  });

  it.each([
    ["that had done its work", "success", undefined],
    ["whose own script failed", "failed", "script_failure"],
    ["that a person canceled", "canceled", undefined],
  ])("F-37: a notice takes nothing from a job %s", async (_, status, failureReason) => {
    const system = await busy();
    await says(system, "spot-interruption");
    await jobEnds(system, status, failureReason);
    expect(await runner(system)).toMatchObject({ reason: "job-ended" });
    expect(losses(system)).toEqual([]);
  });

  it.each(["terminated", "stopped"] as const)(
    "F-38: whose instance is %s by another is counted as lost",
    async (state) => {
      const system = await busy();
      await dies(system, state);
      expect(await runner(system)).toMatchObject({ reason: `instance-${state}` });
      expect(losses(system)).toEqual([`instance-${state}`]);
    },
  );

  it("F-38: and that powers off after its job is none that was lost, though the job's webhook was", async () => {
    const system = await busy();
    system.gitLab.change(JOB, { status: "success", finishedAt: system.clock.now() });
    await dies(system);
    expect(await runner(system)).toMatchObject({ state: "GONE", reason: "job-ended" });
    expect(losses(system)).toEqual([]);
  });

  it.each([
    ["EC2", ["ec2"]],
    ["Lambda", ["lambda"]],
  ])(
    "I-23: and that has lived its time is counted as such when its job fails with it (%s)",
    async (_, tags) => {
      const system = await busy(tags);
      const { order, times } = await runner(system);
      const lifetime = order!.runnerClass.lifetimeSeconds * 1_000;
      // A runner interrupts its job a minute before its time is over.
      system.clock.advance(times.LAUNCHED! + lifetime - MINUTE - system.clock.now());
      await jobEnds(system, "failed", "runner_interrupted");
      expect(await runner(system)).toMatchObject({ reason: "lifetime-reached" });
      expect(losses(system)).toEqual(["lifetime-reached"]);
    },
  );

  it("I-23: also when its instance powers off at the end of its time, and when only the reconciler notices", async () => {
    const dead = await busy();
    dead.clock.advance(60 * MINUTE);
    await dies(dead);
    expect(losses(dead)).toEqual(["lifetime-reached"]);
    const overdue = await busy();
    overdue.clock.advance(90 * MINUTE);
    await overdue.stop({ runnerId: RUNNER, resourceId: "", reason: "lifetime-reached" });
    expect(losses(overdue)).toEqual(["lifetime-reached"]);
  });

  it("that fails early for another reason of the runner's ends with its job", async () => {
    const system = await busy();
    system.clock.advance(MINUTE);
    await jobEnds(system, "failed", "runner_system_failure");
    expect(await runner(system)).toMatchObject({ reason: "job-ended" });
    expect(losses(system)).toEqual([]);
  });
});

describe("a runner without a job yet", () => {
  it.each(["spot-interruption", "rebalance-recommendation"] as const)(
    "F-37: is ended by a %s, which is stored and counted",
    async (reason) => {
      const system = await launched();
      await says(system, reason);
      expect(await runner(system)).toMatchObject({ reason });
      expect(await attempt(system)).toMatchObject({ state: "FAILED", reason });
      expect(losses(system)).toEqual([reason]);
    },
  );

  it("F-38: and that powers off since its job is another runner's is none that was lost", async () => {
    const system = await launched();
    system.gitLab.change(JOB, { status: "running", runnerId: 555, startedAt: system.clock.now() });
    await dies(system);
    expect(await runner(system)).toMatchObject({ reason: "no-longer-needed" });
    expect(losses(system)).toEqual([]);
  });

  it("F-38: whose job is canceled, and that powers off, is none either", async () => {
    const system = await launched();
    system.gitLab.change(JOB, { status: "canceled" });
    await dies(system);
    expect(await runner(system)).toMatchObject({ reason: "job-canceled-before-pick-up" });
    expect(losses(system)).toEqual([]);
  });

  it("F-38: whose instance dies while the job waits is counted as lost", async () => {
    const system = await launched();
    await dies(system);
    expect(losses(system)).toEqual(["instance-terminated"]);
  });
});
