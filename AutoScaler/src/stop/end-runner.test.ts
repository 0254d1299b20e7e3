import { ConfigurationError, TransientError } from "../../../Core/errors";
import type { Attempt, Runner } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { rememberProject } from "../ledger/seen-projects";
import { STACK } from "../ports";
import { sampleOrphan } from "../testing/contracts/samples";
import { keepFakePrices } from "../testing/fakes/fake-prices";
import { interrupted } from "../testing/fakes/interrupted";
import {
  type TestSystem,
  type TestSystemOptions,
  testSystem,
  webhook,
  workflows,
} from "../testing/fakes/test-system";

const MINUTE = 60_000;
const A = 7;
const RA = 9001;

const attempt = (system: TestSystem): Attempt =>
  [...system.ledger.items.values()].filter((item) => item.kind === "attempt")[0]!;
const runner = async (system: TestSystem): Promise<Runner> => (await system.ledger.runner(RA))!;

/** Job 7 launched, and running on its own runner where `runs`. */
const launched = async ({
  tags = ["ec2"],
  runs = false,
  pickedUp = false,
  isPriced = false,
  ...options
}: TestSystemOptions & {
  readonly tags?: readonly string[];
  readonly runs?: boolean;
  readonly pickedUp?: boolean;
  readonly isPriced?: boolean;
} = {}): Promise<TestSystem> => {
  const system = testSystem(options);
  if (isPriced) await keepFakePrices(system.dependencies, system.routing);
  await system.start(webhook(system.gitLab.addJob({ id: A, tags })));
  if (runs || pickedUp)
    system.gitLab.change(A, { status: "running", runnerId: RA, startedAt: system.clock.now() });
  if (pickedUp) await system.pickUp(webhook(system.gitLab.jobsById.get(A)!));
  system.gitLab.calls.length = 0;
  return system;
};

/** The runner asks GitLab now. */
const contact = (system: TestSystem, more: { readonly paused?: boolean } = {}): void => {
  const record = system.gitLab.runnersById.get(RA)!;
  system.gitLab.runnersById.set(RA, { ...record, contactedAt: system.clock.now(), ...more });
};

const endJob = (system: TestSystem, status = "success") => {
  system.gitLab.change(A, { status, finishedAt: system.clock.now() });
  return webhook(system.gitLab.jobsById.get(A)!);
};

const breaking = (
  system: TestSystem,
  error: Error,
  method: "pauseRunner" | "deleteRunner" | "runnerJobs",
) => {
  const gitLab = { ...system.gitLab, [method]: () => Promise.reject(error) } as Dependencies["gitLab"];
  return workflows(
    { ...system.dependencies, gitLab },
    { lambda: system.lambda, ec2: system.ec2 },
    system.routing,
  );
};

describe("the end of a job", () => {
  it("I-20: waits for GitLab from its own begin, not from that of an end that found the runner busy", async () => {
    const system = await launched();
    system.gitLab.addJob({ id: 8, status: "running", runnerId: RA, startedAt: system.clock.now() });
    system.gitLab.change(A, { status: "canceled" });
    expect(await system.stop(webhook(system.gitLab.jobsById.get(A)!))).toMatchObject([{ kind: "busy" }]);
    system.clock.advance(40 * MINUTE);
    system.gitLab.change(8, { status: "success", finishedAt: system.clock.now() });
    const broken = breaking(system, new TransientError("GitLab is down"), "deleteRunner");
    await expect(broken.stop(webhook(system.gitLab.jobsById.get(8)!))).rejects.toThrow(TransientError);
    expect(system.instances.terminated).toEqual([]);
    system.clock.advance(31 * MINUTE);
    await broken.stop({ runnerId: RA, resourceId: "", reason: "" });
    expect(system.instances.terminated).toHaveLength(1);
  });

  it("I-25: costs seven GitLab calls and eight writes at most from webhook to nothing left", async () => {
    const system = testSystem();
    // A project is recorded once in ten minutes, however many jobs it has.
    await rememberProject(system.dependencies, 1);
    system.ledger.writes = 0;
    await system.start(webhook(system.gitLab.addJob({ id: A, tags: ["ec2"], ref: "main" })));
    const moves = 1;
    system.gitLab.change(A, { status: "running", runnerId: RA, startedAt: system.clock.now() });
    await system.pickUp(webhook(system.gitLab.jobsById.get(A)!));
    await system.stop(endJob(system));

    const start = ["job", "isProtected", "createRunner"];
    expect(system.gitLab.calls).toEqual([...start, "job", "pauseRunner", "job", "deleteRunner"]);
    expect(system.ledger.writes + moves).toBe(8);
    expect((await runner(system)).state).toBe("GONE");
  });

  it("I-4 I-20: deletes the record, terminates the instance, frees the slot, writes what it cost", async () => {
    const system = await launched({ pickedUp: true, isPriced: true });
    system.clock.advance(30 * MINUTE);
    const results = await system.stop(endJob(system));

    expect(results).toMatchObject([
      { kind: "terminated", runnerId: RA, freed: { kind: "slot", classKey: "EC2#default" } },
    ]);
    expect(system.gitLab.runnersById.size).toBe(0);
    expect(system.instances.terminated).toEqual([...system.ec2.launched.values()]);
    expect(system.ledger.taken(STACK)).toBe(0);
    expect(attempt(system)).toMatchObject({
      state: "ENDED",
      outcome: "success",
      priceSource: "spot-history",
      ttl: expect.any(Number),
    });
    // Half an hour of 0.0364.
    expect(attempt(system)?.cost).toBeCloseTo(0.0182, 10);
    expect(await runner(system)).toMatchObject({
      recordDeletedAt: expect.any(Number),
      ttl: expect.any(Number),
    });
  });

  it("ends a Lambda runner without touching EC2", async () => {
    const system = await launched({ tags: [], pickedUp: true });
    expect(await system.stop(endJob(system))).toMatchObject([
      { kind: "unregistered", freed: { kind: "slot", classKey: "LAMBDA#default" } },
    ]);
    expect((await runner(system)).state).toBe("GONE");
    expect(system.instances.terminated).toEqual([]);
  });

  it("I-3 I-16 T-5: ends nothing on a forged end: the job is read again", async () => {
    const system = await launched({ pickedUp: true });
    const forged = { ...system.gitLab.jobsById.get(A)!, status: "success" };
    expect(await system.stop(webhook(forged))).toEqual([]);
    expect((await runner(system)).state).toBe("BUSY");
  });

  it("F-53: ends nothing for a job that GitLab does not know", async () => {
    const system = await launched({ pickedUp: true });
    const event = webhook(system.gitLab.jobsById.get(A)!, "success");
    system.gitLab.jobsById.delete(A);
    expect(await system.stop(event)).toEqual([]);
  });

  it("I-20: pauses and looks, in this order, when the pick-up was missed", async () => {
    const system = await launched({ runs: true });
    await system.stop(endJob(system));
    expect(system.gitLab.calls).toEqual(["job", "pauseRunner", "runnerJobs", "deleteRunner"]);
    expect(system.clock.sleeps).toEqual([]);
  });

  it("T-16: ends no runner that a webhook names and the ledger does not know", async () => {
    const system = await launched();
    system.gitLab.addJob({ id: 8, status: "success", runnerId: 555, startedAt: 1 });
    expect(await system.stop(webhook(system.gitLab.jobsById.get(8)!))).toEqual([]);
    expect(system.gitLab.deleted).toEqual([]);
  });

  it("I-7 I-32: changes nothing the second time, and starts nothing afterwards", async () => {
    const system = await launched({ pickedUp: true });
    const event = endJob(system);
    await system.stop(event);
    const writes = system.ledger.writes;
    await system.stop(event);
    await system.start(webhook(system.gitLab.jobsById.get(A)!, "pending"));
    await system.pickUp(webhook(system.gitLab.jobsById.get(A)!, "running"));
    expect(system.ledger.writes).toBe(writes);
    expect(system.gitLab.created).toHaveLength(1);
  });

  it("I-25: an event that comes twice at once costs no second DELETE and no second termination", async () => {
    const system = await launched({ pickedUp: true });
    const ended = endJob(system);
    const twice = await Promise.all([system.stop(ended), system.stop(ended)]);
    expect(system.gitLab.deleted).toEqual([RA]);
    expect(system.instances.terminated).toHaveLength(1);
    expect(
      twice
        .flat()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["left", "terminated"]);
  });

  it("I-21: takes over an end that stopped half-way once its lease is over", async () => {
    const system = await launched({ pickedUp: true });
    const broken = breaking(system, new Error("killed"), "deleteRunner");
    const ended = endJob(system);
    await expect(broken.stop(ended)).rejects.toThrow("killed");
    const lease = { kind: "end" as const, holder: "dead", until: system.clock.now() + 90_000 };
    const { version, ...left } = await runner(system);
    await system.ledger.commit([{ put: { ...left, lease, version: version + 1 } as Runner }]);
    expect(await system.stop(ended)).toMatchObject([{ kind: "left", reason: "leased" }]);
    system.clock.advance(90_001);
    expect(await system.stop(ended)).toMatchObject([{ kind: "terminated" }]);
    expect(system.gitLab.deleted).toEqual([RA]);
  });

  it("F-2 I-6: puts the end once more when the running event comes after it and the end left something", async () => {
    const system = await launched({ runs: true });
    endJob(system);
    await system.pickUp(webhook(system.gitLab.jobsById.get(A)!, "running"));
    expect(system.bus.events).toMatchObject([
      { detailType: "GitLabJobEvent", job: { id: A, status: "success" } },
    ]);

    await system.stop(webhook(system.gitLab.jobsById.get(A)!));
    await system.pickUp(webhook(system.gitLab.jobsById.get(A)!, "running"));
    expect(system.bus.events).toHaveLength(1);
  });

  it("closes the attempt of a job that was cancelled in the queue, and frees nothing", async () => {
    const system = testSystem({ classLimit: 0 });
    await system.start(webhook(system.gitLab.addJob({ id: A, tags: ["ec2"] })));
    await system.stop(endJob(system, "canceled"));
    expect(attempt(system)).toMatchObject({ state: "ENDED", outcome: "canceled" });
  });

  it("F-5: releases a claim's slot when the job was cancelled before its runner was created", async () => {
    const system = testSystem();
    const gitLab = interrupted(system.gitLab, "createRunner", () => {
      throw new TransientError("GitLab does not answer");
    });
    const run = workflows(
      { ...system.dependencies, gitLab },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await run.start(webhook(system.gitLab.addJob({ id: A, tags: ["ec2"] })));
    const results = await system.stop(endJob(system, "canceled"));
    expect(results).toMatchObject([{ freed: { kind: "slot", classKey: "EC2#default" } }]);
    expect(system.ledger.taken(STACK)).toBe(0);
  });

  it("removes the bootstrap row of a runner that ends before it read it", async () => {
    const system = await launched();
    expect(system.rows.rows.size).toBe(1);
    await system.stop(endJob(system, "canceled"));
    expect(system.rows.rows.size).toBe(0);
  });

  it("leaves a runner alone that took another job, and closes the cancelled job", async () => {
    const system = await launched();
    system.gitLab.addJob({ id: 8, status: "running", runnerId: RA, startedAt: 1 });
    const results = await system.stop(endJob(system, "canceled"));
    expect(results).toMatchObject([{ kind: "busy" }]);
    expect(await runner(system)).toMatchObject({ state: "BUSY", busyJobId: 8 });
    expect(attempt(system).state).toBe("ENDED");
    expect(system.gitLab.deleted).toEqual([]);
  });
});

describe("GitLab failing at the end", () => {
  const down = new TransientError("GitLab does not answer");

  it("F-28 P-6: does not terminate while the record is not deleted", async () => {
    const system = await launched({ pickedUp: true });
    await expect(breaking(system, down, "deleteRunner").stop(endJob(system))).rejects.toThrow(TransientError);
    expect((await runner(system)).state).toBe("ENDING");
    expect(system.instances.terminated).toEqual([]);
  });

  it("I-20 P-7: terminates after half an hour without it, and the reconciler deletes the record later", async () => {
    const system = await launched({ pickedUp: true });
    const run = breaking(system, down, "deleteRunner");
    const event = endJob(system);
    await run.stop(event).catch(() => undefined);
    system.clock.advance(29 * MINUTE);
    await expect(run.stop(event)).rejects.toThrow(TransientError);
    system.clock.advance(MINUTE);
    expect(await run.stop(event)).toMatchObject([{ kind: "terminated" }]);
    expect(await runner(system)).toMatchObject({ state: "GONE" });
    expect(await runner(system)).not.toHaveProperty("recordDeletedAt");

    system.clock.advance(MINUTE);
    await system.stop({ runnerId: RA, reason: "record-remaining" });
    expect(system.gitLab.runnersById.size).toBe(0);
    expect((await runner(system)).recordDeletedAt).toBeDefined();
  });

  it("I-3: waits for GitLab without a limit while nothing shows that the runner is idle", async () => {
    const system = await launched();
    const event = endJob(system, "canceled");
    const run = breaking(system, down, "pauseRunner");
    for (let minute = 0; minute < 35; minute += 1) {
      await run.stop(event).catch(() => undefined);
      system.clock.advance(MINUTE);
    }
    expect((await runner(system)).state).toBe("STARTING");
    expect(system.instances.terminated).toEqual([]);
  });

  it("I-21: releases the lease, so the workflow's retry goes on at once", async () => {
    const system = await launched();
    const event = endJob(system, "canceled");
    await breaking(system, down, "pauseRunner")
      .stop(event)
      .catch(() => undefined);
    expect(await runner(system)).not.toHaveProperty("lease");
    expect(await system.stop(event)).toMatchObject([{ kind: "terminated" }]);
  });

  it("F-24: does not take a failed list for an idle runner", async () => {
    const system = await launched();
    const event = endJob(system, "canceled");
    await expect(breaking(system, down, "runnerJobs").stop(event)).rejects.toThrow(TransientError);
    expect((await runner(system)).state).toBe("STARTING");
  });

  it("F-27: takes a record that is gone for success", async () => {
    const system = await launched();
    system.gitLab.runnersById.clear();
    expect(await system.stop(endJob(system, "canceled"))).toMatchObject([{ kind: "terminated" }]);
  });

  const underAnEnd = async (system: TestSystem): Promise<void> => {
    const dead = (await runner(system)).version + 1;
    const lease = { kind: "end", holder: "dead", until: system.clock.now() + 90_000 } as const;
    await system.ledger.commit([{ put: { ...(await runner(system)), version: dead, lease } }]);
  };

  it("closes the job's attempts although another job's end is at its runner", async () => {
    const system = await launched();
    await underAnEnd(system);
    expect(await system.stop(endJob(system, "success"))).toMatchObject([{ kind: "left" }]);
    expect(attempt(system).state).toBe("ENDED");
  });

  it("P-8: another end takes over when the first one died with its lease", async () => {
    const system = await launched();
    const event = endJob(system, "canceled");
    await underAnEnd(system);
    expect(await system.stop(event)).toMatchObject([{ kind: "left" }]);
    system.clock.advance(91_000);
    expect(await system.stop(event)).toMatchObject([{ kind: "terminated" }]);
  });
});

describe("a runner that is reported ended", () => {
  it.each(["terminated", "stopped"] as const)(
    "F-37 F-38: is not looked at when EC2 says %s",
    async (state) => {
      const system = await launched({ pickedUp: true });
      const { resourceId = "" } = await runner(system);
      system.instances.setState(resourceId, state);
      const results = await system.stop({ runnerId: "", resourceId, reason: `instance-${state}` });
      expect(results).toMatchObject([{ kind: "terminated" }]);
      expect(system.gitLab.calls).not.toContain("pauseRunner");
    },
  );

  it.each(["running", "shutting-down", "stopping"] as const)(
    "T-22 I-3: keeps its job and its record when an event says that it died, and EC2 shows it %s",
    async (state) => {
      const system = await launched({ pickedUp: true });
      const { resourceId = "" } = await runner(system);
      system.instances.setState(resourceId, state);
      for (const reason of ["instance-terminated", "instance-stopped"])
        expect(await system.stop({ runnerId: RA, resourceId, reason })).toEqual([]);
      expect(new Set(system.gitLab.calls)).toEqual(new Set(["job"]));
      expect((await runner(system)).state).toBe("BUSY");
    },
  );

  it("T-22: is not ended by such an event when EC2 does not answer: the workflow asks again", async () => {
    const system = await launched({ pickedUp: true });
    const { resourceId } = await runner(system);
    const describe = () => Promise.reject(new TransientError("EC2 is away"));
    const broken = workflows(
      { ...system.dependencies, instances: { ...system.instances, describe } },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    const stopped = broken.stop({ runnerId: "", resourceId, reason: "instance-terminated" });
    await expect(stopped).rejects.toThrow(TransientError);
    expect((await runner(system)).state).toBe("BUSY");
  });

  describe("while GitLab shows the job as running on it", () => {
    const die = async (system: TestSystem) => {
      const { resourceId = "" } = await runner(system);
      system.instances.setState(resourceId, "terminated");
      await system.stop({ runnerId: "", resourceId, reason: "instance-terminated" });
    };

    it.each([true, false])(
      "F-59: the attempt is closed with the reason, pick-up noted: %s",
      async (pickedUp) => {
        const system = await launched({ runs: true, pickedUp });
        await die(system);
        expect(system.gitLab.deleted).toEqual([RA]);
        expect(attempt(system)).toMatchObject({
          state: "ENDED",
          reason: "instance-terminated",
          ranOnRunnerId: RA,
        });
        expect(attempt(system)).not.toHaveProperty("outcome");
      },
    );

    it.each([
      ["failed", "instance-terminated"],
      ["success", undefined],
    ])("F-59: the outcome follows when GitLab ends the job: %s", async (status, reason) => {
      const system = await launched({ pickedUp: true });
      await die(system);
      const end = endJob(system, status);
      await system.stop(end);
      await system.stop(end);
      expect([attempt(system).outcome, attempt(system).reason]).toEqual([status, reason]);
      expect(attempt(system).state).toBe("ENDED");
    });

    it("I-3 I-23: also when it is past its lifetime", async () => {
      const system = await launched({ pickedUp: true });
      system.clock.advance(90 * MINUTE);
      await system.stop({ runnerId: RA, resourceId: "", reason: "lifetime-reached" });
      expect(attempt(system)).toMatchObject({ state: "ENDED", reason: "lifetime-reached" });
    });

    it("P-1: after an exchange the attempt of the job that it really had is closed, the other is not", async () => {
      const system = await launched();
      await system.start(webhook(system.gitLab.addJob({ id: 8, tags: ["ec2"] })));
      system.gitLab.change(8, { status: "running", runnerId: RA, startedAt: 1 });
      await system.pickUp(webhook(system.gitLab.jobsById.get(8)!));
      await die(system);
      const [had] = await system.ledger.attempts(8);
      expect(had).toMatchObject({ state: "ENDED", reason: "instance-terminated", ranOnRunnerId: RA });
      expect(attempt(system)).toMatchObject({ jobId: A, state: "LAUNCHED", runnerId: 9002 });
    });

    it("no attempt of a job that is running elsewhere is closed", async () => {
      const system = await launched();
      system.gitLab.change(A, { status: "running", runnerId: 555, startedAt: 1 });
      await die(system);
      expect(attempt(system).state).toBe("LAUNCHED");
    });
  });

  it.each(["pending", "running"])("is not when EC2 says %s", async (state) => {
    const system = await launched();
    const { resourceId } = await runner(system);
    expect(await system.stop({ runnerId: "", resourceId, reason: `instance-${state}` })).toEqual([]);
    expect(system.gitLab.calls).toEqual([]);
  });

  it("T-16: is nobody's when the ledger does not know the instance", async () => {
    const system = await launched();
    expect(
      await system.stop({ runnerId: "", resourceId: "i-victim", reason: "instance-terminated" }),
    ).toEqual([]);
  });

  it("I-3: is left while it waits for its pending job, whoever asks", async () => {
    const system = await launched();
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "anything" })).toEqual([]);
  });

  it("fails its attempt when no job came to it and GitLab says that the job is pending", async () => {
    const system = await launched();
    contact(system);
    system.clock.advance(12 * MINUTE);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "no-job" })).toMatchObject([
      { kind: "terminated", reason: "no-job", freed: { failedJobId: A } },
    ]);
    expect(attempt(system)).toMatchObject({ state: "FAILED", reason: "no-job" });
  });

  it.each([
    ["never-contacted", () => undefined],
    ["record-deleted", (system: TestSystem) => system.gitLab.runnersById.delete(RA)],
    ["runner-paused", (system: TestSystem) => contact(system, { paused: true })],
    ["no-job", (system: TestSystem) => contact(system)],
  ] as const)(
    "F-36: says %s of a runner that ended without its job, by GitLab's record",
    async (reason, make) => {
      const system = await launched();
      make(system);
      system.clock.advance(12 * MINUTE);
      await system.stop({ runnerId: RA, resourceId: "", reason: "no-job" });
      expect(attempt(system)).toMatchObject({ state: "FAILED", reason });
      expect((await runner(system)).reason).toBe(reason);
      expect(system.metrics.total("RunnersLost")).toBe(reason === "no-job" ? 0 : 1);
    },
  );

  it("F-38: keeps what EC2 says of an instance that died by itself, for the runner and its attempt", async () => {
    const system = await launched();
    const [instanceId = ""] = system.ec2.launched.values();
    const stateReason = "Client.VolumeLimitExceeded: Volume limit exceeded";
    system.instances.add({ instanceId, state: "terminated", launchedAt: 0, stateReason });
    await system.stop({ runnerId: "", resourceId: instanceId, reason: "instance-terminated" });
    expect(await runner(system)).toMatchObject({
      state: "GONE",
      reason: "instance-terminated",
      detail: stateReason,
    });
    expect(attempt(system)).toMatchObject({
      state: "FAILED",
      reason: "instance-terminated",
      detail: stateReason,
    });
  });

  describe("F-79: a machine that could not install what its image lacks", () => {
    const died = async (options: Parameters<typeof launched>[0] = {}) => {
      const system = await launched(options);
      const [instanceId = ""] = system.ec2.launched.values();
      system.instances.add({ instanceId, state: "terminated", launchedAt: 0 });
      system.instances.installFailures.set(instanceId, "no-packages");
      return { system, instanceId };
    };
    const end = ({ system, instanceId }: Awaited<ReturnType<typeof died>>) =>
      system.stop({ runnerId: "", resourceId: instanceId, reason: "instance-terminated" });

    it("is told with its runner and its attempt, by what its console says", async () => {
      const dead = await died();
      await end(dead);
      const told = { reason: "instance-terminated", installFailure: "no-packages" };
      expect(await runner(dead.system)).toMatchObject({ state: "GONE", ...told });
      expect(attempt(dead.system)).toMatchObject({ state: "FAILED", ...told });
    });

    it("T-16: is not asked for once a job has run on it: a job may write to the console", async () => {
      const dead = await died({ pickedUp: true });
      await end(dead);
      expect(dead.system.instances.consolesRead).toEqual([]);
      expect((await runner(dead.system)).installFailure).toBeUndefined();
    });

    it("is gone all the same while EC2 does not show its console", async () => {
      const dead = await died();
      dead.system.instances.installFailure = () => Promise.reject(new TransientError("throttled"));
      await end(dead);
      expect(dead.system.instances.terminated).toEqual([dead.instanceId]);
      expect(await runner(dead.system)).toMatchObject({ state: "GONE", reason: "instance-terminated" });
    });
  });

  it("F-38: an instance is terminated although EC2 does not say what became of it", async () => {
    const system = await launched();
    const [instanceId = ""] = system.ec2.launched.values();
    const { describe } = system.instances;
    system.instances.setState(instanceId, "terminated");
    // It confirms the death, and is silent from then on.
    system.instances.describe = async (id) => {
      system.instances.describe = () => Promise.reject(new TransientError("throttled"));
      return describe(id);
    };
    await system.stop({ runnerId: "", resourceId: instanceId, reason: "instance-terminated" });
    expect(system.instances.terminated).toEqual([instanceId]);
    expect(await runner(system)).toMatchObject({ state: "GONE" });
  });

  it("trace 8: fails no attempt whose job runs on another runner", async () => {
    const system = await launched();
    system.gitLab.change(A, { status: "running", runnerId: 555, startedAt: system.clock.now() });
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated", reason: "no-longer-needed" },
    ]);
    expect(attempt(system).state).toBe("LAUNCHED");
  });

  it("I-3 I-23 F-49: goes past its lifetime, whatever it runs and whatever became of its own clock", async () => {
    const system = await launched({ pickedUp: true });
    system.clock.advance(82 * MINUTE);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated" },
    ]);
    expect(await runner(system)).toMatchObject({ state: "GONE", reason: "lifetime-reached" });
  });

  it("I-3: is left just before its lifetime is over", async () => {
    const system = await launched({ pickedUp: true });
    system.clock.advance(61 * MINUTE);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "" })).toEqual([]);
  });

  it("ends when GitLab took its assigned job away again and paused it stays", async () => {
    const system = await launched();
    system.gitLab.change(A, { runnerId: RA });
    await system.stop({ runnerId: RA, resourceId: "", reason: "" });
    const busy = { ...(await runner(system)), state: "BUSY", busyJobId: A, busyProjectId: 1 } as const;
    await system.ledger.commit([{ put: { ...busy, pausedAt: 1, version: busy.version + 1 } }]);
    system.gitLab.jobsById.set(A, { ...system.gitLab.jobsById.get(A)!, runnerId: 555 });
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated" },
    ]);
  });

  it("F-39: throws what EC2 refuses and keeps ENDING, so the reconciler comes again", async () => {
    const system = await launched({ pickedUp: true });
    const instances = interrupted(system.instances, "terminate", () => {
      throw new ConfigurationError("termination protection");
    });
    const run = workflows(
      { ...system.dependencies, instances },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await expect(run.stop(endJob(system))).rejects.toThrow(ConfigurationError);
    expect((await runner(system)).state).toBe("ENDING");
  });
});

describe("payload mode", () => {
  const running = async (tags: readonly string[]): Promise<TestSystem> => {
    const system = testSystem({ mode: "payload" });
    system.mappings.add({ pk: "job#ec2 job", sk: "tags#ec2", type: "EC2" });
    const job = system.gitLab.addJob({ id: A, name: tags.length > 0 ? "ec2 job" : "build" });
    await system.start(webhook(job));
    await system.pickUp(webhook({ ...job, status: "running", runnerId: RA }));
    return system;
  };
  const ended = (system: TestSystem) =>
    webhook({ ...system.gitLab.jobsById.get(A)!, status: "success", runnerId: RA });

  it("follows a Lambda runner that is over with its job", async () => {
    const system = await running([]);
    expect(await system.stop(ended(system))).toMatchObject([
      { kind: "unregistered", freed: { kind: "slot", classKey: "LAMBDA#default" } },
    ]);
    expect(system.gitLab.calls).toEqual(["createRunner"]);
  });

  it("I-3: ends no instance before its own end, and follows it then", async () => {
    const system = await running(["ec2"]);
    expect(await system.stop(ended(system))).toMatchObject([{ kind: "left" }]);
    expect(attempt(system).state).toBe("ENDED");
    expect(system.ledger.taken(STACK)).toBe(1);
    const { resourceId = "" } = await runner(system);
    system.instances.setState(resourceId, "terminated");
    await system.stop({ runnerId: "", resourceId, reason: "instance-terminated" });
    expect((await runner(system)).state).toBe("GONE");
    expect(system.ledger.taken(STACK)).toBe(0);
  });

  it.each([
    ["EC2 confirms", "instance-terminated", "terminated", "GONE"],
    ["EC2 denies", "instance-terminated", "running", "FOUND"],
    ["nobody said", "", "terminated", "FOUND"],
  ] as const)(
    "T-17 I-23: an orphan's death that %s leaves it %j, %s, %s",
    async (_, reason, state, expected) => {
      const system = testSystem({ mode: "payload" });
      const orphan = { ...sampleOrphan("i-orphan"), times: { FOUND: system.clock.now() } };
      await system.ledger.commit([{ put: orphan }]);
      system.instances.add({ instanceId: "i-orphan", state, launchedAt: 0 });
      await system.stop({ runnerId: "", resourceId: "i-orphan", reason });
      expect(await system.ledger.orphan("i-orphan")).toMatchObject({ state: expected });
    },
  );

  it("I-23: ends an instance past its lifetime", async () => {
    const system = await running(["ec2"]);
    system.clock.advance(82 * MINUTE);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated" },
    ]);
  });
});
