import { TransientError } from "../../../Core/errors";
import { parseReconcilerState, RECONCILER_RECORD } from "../../../Core/ledger/reconciler-state";
import type { Attempt, Runner } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import type { LedgerChange, OurEvent } from "../ports";
import { STACK } from "../ports";
import { detailOf, type TestSystem, testSystem, webhook, workflows } from "../testing/fakes/test-system";

const MINUTE = 60_000;

const events = async (system: TestSystem): Promise<readonly OurEvent[]> => {
  const before = system.bus.events.length;
  await system.reconcile();
  return system.bus.events.slice(before);
};
const attempts = (system: TestSystem): Attempt[] =>
  [...system.ledger.items.values()].filter((item) => item.kind === "attempt");
const runner = async (system: TestSystem, id = 9001): Promise<Runner> => (await system.ledger.runner(id))!;

const deliverAll = async (system: TestSystem): Promise<void> => {
  for (const event of system.bus.events.splice(0)) await system.deliver(detailOf(event));
};

/** A job launched on EC2 two minutes ago. */
const launched = async (): Promise<TestSystem> => {
  const system = testSystem();
  await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: system.clock.now() })));
  system.clock.advance(2 * MINUTE);
  return system;
};

const runs = (system: TestSystem, jobId: number, runnerId: number): void =>
  system.gitLab.change(jobId, { status: "running", runnerId, startedAt: system.clock.now() - MINUTE });

const withPorts = (system: TestSystem, ports: Partial<Dependencies>) =>
  workflows({ ...system.dependencies, ...ports }, { lambda: system.lambda, ec2: system.ec2 }, system.routing);

describe("a lost pending webhook", () => {
  it("I-8 F-1 F-10: is put for a job that should have had it, and counted: webhooks lost, refused or switched off", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: system.clock.now() - MINUTE });
    expect(await events(system)).toMatchObject([
      { detailType: "GitLabJobEvent", job: { id: 7, status: "pending" } },
    ]);
    expect(system.metrics.total("JobsFoundByReconciler")).toBe(1);
  });

  it("F-1: is put for a job that is seconds old, as soon as its webhook is overdue, at the end of the same pass", async () => {
    const system = testSystem();
    const begin = system.clock.now();
    system.gitLab.addJob({ id: 7, createdAt: begin - 5_000 });
    system.clock.duringSleep = () => expect(system.bus.events).toEqual([]);
    expect(await system.reconcile()).toMatchObject({ events: 1, jobsFound: 1 });
    expect(system.bus.events).toMatchObject([{ job: { id: 7, status: "pending" } }]);
    expect(system.clock.now() - begin).toBe(10_000);
    expect(system.metrics.total("JobsFoundByReconciler")).toBe(1);
  });

  it("is not put for a job whose webhook comes in the meantime: it was on its way", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, createdAt: system.clock.now() - 5_000 });
    system.clock.duringSleep = async () => {
      system.clock.duringSleep = () => undefined;
      await system.start(webhook(job));
    };
    expect(await system.reconcile()).toMatchObject({ events: 0, jobsFound: 0 });
    expect(await system.ledger.attempts(7)).toHaveLength(1);
  });

  it("no pass waits where no webhook is on its way", async () => {
    const system = await launched();
    system.gitLab.addJob({ id: 8, tags: ["ec2"], createdAt: system.clock.now() - MINUTE });
    await system.reconcile();
    expect(system.clock.sleeps).toEqual([]);
  });

  it("I-33 F-55: is put whatever GitLab's clock says", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, createdAt: system.clock.now() + 30_000, queuedSeconds: 15 });
    expect(await events(system)).toHaveLength(1);
  });

  it("I-24: that cannot be looked at again is a failure of its pass, counted and named", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, createdAt: system.clock.now() });
    const { attempts } = system.ledger;
    let isDown = false;
    system.clock.duringSleep = () => {
      isDown = true;
    };
    const ledger: Dependencies["ledger"] = {
      ...system.ledger,
      attempts: async (jobId) => (isDown ? Promise.reject(new TransientError("no read")) : attempts(jobId)),
    };
    const report = await withPorts(system, { ledger }).reconcile();
    expect(report).toMatchObject({ events: 0, failures: ["pending-job 7: TransientError no read"] });
    expect(system.metrics.total("ReconcilerFailures")).toBe(1);
  });

  it("is not put for a job that the mapping leaves to others", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, createdAt: 0 });
    const ignoring = workflows(
      system.dependencies,
      { lambda: system.lambda, ec2: system.ec2 },
      { ...system.routing, unmappedJobs: "IGNORE" },
    );
    await ignoring.reconcile();
    expect(system.bus.events).toEqual([]);
  });

  it("is not put for a job that a runner was assigned", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, createdAt: 0, runnerId: 1234 });
    expect(await events(system)).toEqual([]);
  });
});

describe("a start that stopped half-way", () => {
  it("F-14: is put again when its lease has expired", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: 0 });
    system.ec2.script.push("fails", "fails");
    await system.start(webhook(job));
    expect(await events(system)).toEqual([]);
    system.clock.advance(2 * MINUTE);
    expect(await events(system)).toMatchObject([{ job: { id: 7 }, attempt: 1 }]);
  });

  it("I-25: is put after one minute, three, nine, 27, 81 while launches are refused", async () => {
    const system = testSystem();
    const capacity = { kind: "refused", refusal: "capacity", message: "none" } as const;
    system.ec2.script.push(...Array<typeof capacity>(20).fill(capacity));
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: 0 })));
    const minutes: number[] = [];
    for (let minute = 1; minute < 120; minute += 1) {
      system.clock.advance(MINUTE);
      const before = system.ec2.calls.length;
      await system.reconcile();
      await deliverAll(system);
      if (system.ec2.calls.length > before) minutes.push(minute);
    }
    expect(minutes).toEqual([1, 3, 9, 27, 81]);
  });

  it.each([
    ["EC2", ["ec2"]],
    ["Lambda", []],
  ])(
    "F-31 F-36: gives a job up that no provider took in two hours, once, visibly and for good: %s",
    async (_, tags) => {
      const system = testSystem();
      const capacity = { kind: "refused", refusal: "capacity", message: "none" } as const;
      for (const { script } of [system.ec2, system.lambda])
        script.push(...Array<typeof capacity>(30).fill(capacity));
      await system.start(webhook(system.gitLab.addJob({ id: 7, tags, createdAt: 0 })));
      for (let minute = 0; minute < 119; minute += 1) {
        system.clock.advance(MINUTE);
        await system.reconcile();
        await deliverAll(system);
      }
      expect(attempts(system)).toMatchObject([{ state: "CREATED" }]);
      for (let minute = 0; minute < 60; minute += 1) {
        system.clock.advance(MINUTE);
        await system.reconcile();
        await deliverAll(system);
      }
      expect(attempts(system)).toMatchObject([{ state: "FAILED", reason: "never-started" }]);
      expect(system.metrics.total("JobsFailed")).toBe(1);
      expect([system.ledger.taken("stack"), system.gitLab.runnersById.size]).toEqual([0, 0]);
    },
  );

  it("I-25: a job that has used its attempts up is read once more and then never again", async () => {
    const system = testSystem();
    system.gitLab.refuses = "the limit of 1,000 runners is reached";
    await system.start(webhook(system.gitLab.addJob({ id: 7, createdAt: 0 })));
    const reads: number[] = [];
    const attemptsOf = system.ledger.attempts;
    for (let minute = 1; minute < 30; minute += 1) {
      system.clock.advance(MINUTE);
      const attempts = (jobId: number) => {
        reads.push(minute);
        return attemptsOf(jobId);
      };
      await withPorts(system, { ledger: { ...system.ledger, attempts } }).reconcile();
      await deliverAll(system);
    }
    expect(attempts(system)).toHaveLength(3);
    expect(Math.max(...reads)).toBe(6);
  });
});

describe("a lost running webhook", () => {
  it("is put for a runner of ours that is not recorded", async () => {
    const system = await launched();
    runs(system, 7, 9001);
    expect(await events(system)).toMatchObject([{ job: { id: 7, status: "running" } }]);
    await deliverAll(system);
    expect((await runner(system)).state).toBe("BUSY");
    system.clock.advance(MINUTE);
    expect(await events(system)).toEqual([]);
  });

  it("is put for a job of ours on a foreign runner", async () => {
    const system = await launched();
    runs(system, 7, 555);
    expect(await events(system)).toContainEqual(
      expect.objectContaining({ job: expect.objectContaining({ status: "running" }) }),
    );
  });

  it("P-1: is put for a foreign job that nobody told of, found by asking the runner", async () => {
    const system = await launched();
    system.gitLab.addJob({ id: 8, projectId: 2, status: "running", runnerId: 9001, startedAt: 1 });
    system.gitLab.pageSize = 1;
    const gitLab = {
      ...system.gitLab,
      projects: async () => ({ items: [{ id: 1, path: "group/project-1" }] }),
    };
    await withPorts(system, { gitLab }).reconcile();
    expect(system.bus.events).toMatchObject([{ job: { id: 8, status: "running" } }]);
    await deliverAll(system);
    expect(await runner(system)).toMatchObject({ state: "BUSY", busyJobId: 8 });
  });
});

describe("a lost end webhook", () => {
  const ended = async (status: string): Promise<TestSystem> => {
    const system = await launched();
    runs(system, 7, 9001);
    await system.pickUp(webhook(system.gitLab.jobsById.get(7)!));
    system.gitLab.change(7, { status });
    system.clock.advance(MINUTE);
    return system;
  };

  it.each(["success", "failed", "canceled"])("I-8: is put once when GitLab says %s", async (status) => {
    const system = await ended(status);
    expect(await events(system)).toMatchObject([{ detailType: "GitLabJobEvent", job: { id: 7, status } }]);
  });

  it("F-24 F-53: is not put when the list lacks the job and GitLab says singly that it runs", async () => {
    const system = await ended("running");
    const gitLab = { ...system.gitLab, jobs: async () => ({ items: [] }) };
    await withPorts(system, { gitLab }).reconcile();
    expect(system.bus.events).toEqual([]);
  });

  it("F-24: is not put while the list fails", async () => {
    const system = await ended("success");
    const gitLab = { ...system.gitLab, jobs: () => Promise.reject(new TransientError("502")) };
    const report = await withPorts(system, { gitLab }).reconcile();
    expect(system.bus.events).toEqual([]);
    expect(report).toMatchObject({ kind: "reconciled", failures: ["project 1: TransientError 502"] });
  });

  it("closes the attempt of a job that GitLab has deleted a day ago", async () => {
    const system = await ended("running");
    system.gitLab.jobsById.delete(7);
    await system.reconcile();
    expect(attempts(system)[0]?.state).toBe("RUNNING");
    system.clock.advance(25 * 60 * MINUTE);
    await system.reconcile();
    expect(attempts(system)[0]).toMatchObject({ state: "ENDED", outcome: "deleted" });
  });
});

describe("instances", () => {
  it.each(["terminated", "stopped"] as const)(
    "F-37 F-38 P-19: ends a runner whose instance is %s",
    async (state) => {
      const system = await launched();
      const { resourceId } = await runner(system);
      system.instances.setState(resourceId!, state);
      expect(await events(system)).toContainEqual({
        detailType: "RunnerEnded",
        runnerId: 9001,
        resourceId,
        reason: `instance-${state}`,
      });
    },
  );

  it("F-35: does not take an instance for dead that EC2 does not show yet", async () => {
    const system = await launched();
    system.instances.hidden.add((await runner(system)).resourceId!);
    expect(await events(system)).toEqual([]);
  });

  it("F-53: concludes nothing from a list that fails", async () => {
    const system = await launched();
    const instances = { ...system.instances, list: () => Promise.reject(new TransientError("throttled")) };
    system.clock.advance(4 * MINUTE);
    const report = await withPorts(system, { instances }).reconcile();
    expect(system.bus.events).toEqual([]);
    expect(report).toMatchObject({ failures: ["instances: TransientError throttled"] });
  });

  it("F-51 P-7: adopts an instance that nobody knows after ten minutes, and ends it", async () => {
    const system = testSystem();
    system.instances.add({ instanceId: "i-0abc", state: "running", launchedAt: 0, jobId: 7, attempt: 1 });
    await system.reconcile();
    system.clock.advance(9 * MINUTE);
    expect(await events(system)).toEqual([]);
    system.clock.advance(2 * MINUTE);
    await system.reconcile();
    await deliverAll(system);
    expect(system.instances.terminated).toEqual(["i-0abc"]);
    expect(await system.ledger.orphan("i-0abc")).toMatchObject({ state: "GONE" });
    expect(system.gitLab.calls).not.toContain("pauseRunner");
    system.clock.advance(5 * MINUTE);
    expect(await events(system)).toEqual([]);
  });

  it.each<[string, "running" | "stopped", number, readonly string[]]>([
    ["leaves one that lives", "running", 23 * 60, []],
    ["ends one that lives after a day", "running", 25 * 60, ["i-0abc"]],
    ["ends one that is dead", "stopped", 1, ["i-0abc"]],
  ])("F-30 P-7: without AccessToken %s", async (_says, state, minutes, expected) => {
    const system = testSystem({ mode: "payload" });
    system.instances.add({ instanceId: "i-0abc", state, launchedAt: 0, jobId: 7, attempt: 1 });
    await system.reconcile();
    system.clock.advance(10 * MINUTE);
    await system.reconcile();
    system.bus.events.length = 0;
    system.clock.advance(minutes * MINUTE);
    await system.reconcile();
    await deliverAll(system);
    expect(system.instances.terminated).toEqual(expected);
  });

  it("gives an instance back to the runner that it was launched for", async () => {
    const system = testSystem();
    system.ec2.script.push("lost");
    system.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: 0 });
    await system.start(webhook(system.gitLab.jobsById.get(7)!));
    const [instanceId] = [...system.ec2.launched.values()];
    const frozen = { ...system.bus, put: async () => undefined };
    for (let minute = 0; minute < 12; minute += 1) {
      await withPorts(system, { bus: frozen }).reconcile();
      system.clock.advance(MINUTE);
    }
    expect((await runner(system)).resourceId).toBe(instanceId);
  });

  it("ends an instance that outlived its runner", async () => {
    const system = await launched();
    const { resourceId } = await runner(system);
    system.gitLab.change(7, { status: "canceled" });
    await system.stop(webhook(system.gitLab.jobsById.get(7)!));
    system.instances.setState(resourceId!, "running");
    system.clock.advance(3 * MINUTE);
    await system.reconcile();
    await deliverAll(system);
    expect(system.instances.terminated).toEqual([resourceId, resourceId]);
  });
});

describe("records", () => {
  it("T-26 F-74: adopts no record of another deployment or of other text", async () => {
    const system = testSystem();
    system.gitLab.runnersById.set(1, { id: 1, description: "glr other job 7 attempt 1", paused: false });
    system.gitLab.runnersById.set(2, { id: 2, description: "ec2-i-0victim", paused: false });
    for (let passes = 0; passes < 3; passes += 1) {
      await system.reconcile();
      system.clock.advance(11 * MINUTE);
    }
    expect(system.ledger.items.size).toBe(0);
  });

  it("F-25 I-5: deletes an orphan record after the grace time, and nothing else of it", async () => {
    const system = testSystem();
    system.gitLab.runnersById.set(1, { id: 1, description: "glr test job 7 attempt 1", paused: false });
    await system.reconcile();
    system.clock.advance(11 * MINUTE);
    await system.reconcile();
    await deliverAll(system);
    expect(system.gitLab.deleted).toEqual([1]);
    expect(system.ledger.taken(STACK)).toBe(0);
  });

  it("I-3: leaves an orphan that has a job until the job's end", async () => {
    const system = testSystem();
    system.gitLab.runnersById.set(1, { id: 1, description: "glr test job 7 attempt 1", paused: false });
    system.gitLab.addJob({ id: 8, status: "running", runnerId: 1, startedAt: 1, createdAt: 0 });
    for (let minute = 0; minute < 15; minute += 1) {
      await system.reconcile();
      await deliverAll(system);
      system.clock.advance(MINUTE);
    }
    expect(system.gitLab.deleted).toEqual([]);
    system.gitLab.change(8, { status: "success" });
    for (let minute = 0; minute < 3; minute += 1) {
      system.clock.advance(MINUTE);
      await system.reconcile();
      await deliverAll(system);
    }
    expect(system.gitLab.deleted).toEqual([1]);
  });
});

describe("the queue", () => {
  const full = async (): Promise<TestSystem> => {
    const system = testSystem({ totalLimit: 1 });
    for (const id of [7, 8, 9]) {
      await system.start(
        webhook(system.gitLab.addJob({ id, tags: ["ec2"], createdAt: system.clock.now() + id })),
      );
    }
    system.clock.advance(2 * MINUTE);
    return system;
  };

  it("P-9: dispatches as many as there are slots, oldest first, and each once in 45 seconds", async () => {
    const system = await full();
    expect(await events(system)).toEqual([]);
    await system.ledger.commit([{ releaseSlot: { scope: STACK, shard: 0 } }]);
    expect(await events(system)).toMatchObject([{ job: { id: 8 } }]);
    system.clock.advance(30_000);
    expect(await events(system)).toEqual([]);
    system.clock.advance(30_000);
    expect(await events(system)).toMatchObject([{ job: { id: 8 } }]);
  });

  it("I-24: of one project that cannot be read is left to the next pass, with its jobs, and all else is done", async () => {
    const system = await full();
    await system.ledger.commit([{ releaseSlot: { scope: STACK, shard: 0 } }]);
    system.gitLab.addJob({ id: 10, projectId: 2, tags: ["ec2"], createdAt: system.clock.now() - MINUTE });
    const waiting = () => Promise.reject(new TransientError("no read"));
    const report = await withPorts(system, { ledger: { ...system.ledger, waiting } }).reconcile();
    expect(report).toMatchObject({ events: 1, failures: ["queue 1: TransientError no read (and 1 more)"] });
    expect(system.bus.events.splice(0)).toMatchObject([{ job: { id: 10 } }]);
    // Nobody has delivered the event of job 10.
    expect(await events(system)).toMatchObject([{ job: { id: 10 } }, { job: { id: 8 } }]);
  });

  it("F-57: dispatches no job while new starts are switched off", async () => {
    const system = await full();
    await system.ledger.commit([{ releaseSlot: { scope: STACK, shard: 0 } }]);
    system.settings.on = false;
    expect(await events(system)).toEqual([]);
  });

  it("takes a job out of the queue that was cancelled and whose webhook was lost", async () => {
    const system = await full();
    system.gitLab.change(8, { status: "canceled" });
    expect(await events(system)).toMatchObject([{ job: { id: 8, status: "canceled" } }]);
    await deliverAll(system);
    expect(attempts(system).find(({ jobId }) => jobId === 8)?.state).toBe("ENDED");
  });

  it("counts who waits, and for how long", async () => {
    const system = await full();
    await system.reconcile();
    expect(system.metrics.total("WaitingJobs")).toBe(2);
    expect(system.metrics.total("OldestWaitingSeconds")).toBe(120);
  });
});

describe("the reconciler itself", () => {
  it("F-50: runs once at a time, and takes over from one that died", async () => {
    const system = testSystem();
    const dying = { ...system.ledger, openAttempts: () => Promise.reject(new TransientError("gone")) };
    const dead = {
      ...dying,
      commit: async (changes: Parameters<Dependencies["ledger"]["commit"]>[0]) =>
        system.ledger.commit(changes),
    };
    await expect(withPorts(system, { ledger: dead }).reconcile()).rejects.toThrow(TransientError);
    expect(await system.reconcile()).toMatchObject({ kind: "reconciled" });

    const stateRecord = system.ledger.stateRecords.get("reconciler")!;
    const lease = { kind: "reconcile", holder: "dead", until: system.clock.now() + 90_000 };
    await system.ledger.commit([
      {
        stateRecord: {
          name: "reconciler",
          version: stateRecord.version + 1,
          value: { ...(stateRecord.value as object), lease },
        },
      },
    ]);
    expect(await system.reconcile()).toEqual({ kind: "skipped" });
    system.clock.advance(91_000);
    expect(await system.reconcile()).toMatchObject({ kind: "reconciled" });
  });

  /** A ledger whose named call fails so many times. */
  const failing = (system: TestSystem, call: "openAttempts" | "stateRecord" | "rotation", times: number) => {
    let left = times;
    return new Proxy(system.ledger, {
      get: (target, name, receiver) => {
        if (name !== call || left === 0) return Reflect.get(target, name, receiver);
        left -= 1;
        return () => Promise.reject(new TransientError("no read"));
      },
    });
  };

  it.each(["openAttempts", "stateRecord", "rotation"] as const)(
    "F-50 I-24: a pass that fails for a read of the ledger, %s, begins again within its minute",
    async (call) => {
      const system = testSystem();
      system.gitLab.addJob({ id: 7, createdAt: 0 });
      const begin = system.clock.now();
      const report = await withPorts(system, { ledger: failing(system, call, 2) }).reconcile();
      expect(report).toMatchObject({ kind: "reconciled", events: 1 });
      // More than thirty of the function's fifty-five seconds are left.
      expect(system.clock.now() - begin).toBeLessThan(20_000);
    },
  );

  it("F-50: a pass that fails again and again is told as failed, after three tries", async () => {
    const system = testSystem();
    const minute = withPorts(system, { ledger: failing(system, "openAttempts", 3) });
    await expect(minute.reconcile()).rejects.toThrow("no read");
    expect(await minute.reconcile()).toMatchObject({ kind: "reconciled" });
  });

  it("F-50: the end of a pass that could not be stored is stored at the second try, so that the next one runs", async () => {
    const system = testSystem();
    let fails = true;
    const commit: Dependencies["ledger"]["commit"] = async (changes) => {
      const isEnd = changes.some(
        (change) => "stateRecord" in change && parseReconcilerState(change.stateRecord).lease === undefined,
      );
      if (!isEnd || !fails) return system.ledger.commit(changes);
      fails = false;
      throw new TransientError("no write");
    };
    const report = await withPorts(system, { ledger: { ...system.ledger, commit } }).reconcile();
    expect(report).toMatchObject({ kind: "reconciled" });
    expect(await system.reconcile()).toMatchObject({ kind: "reconciled" });
  });

  it("I-24: one project that fails harms no other", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, projectId: 1, createdAt: 0 });
    system.gitLab.addJob({ id: 8, projectId: 2, createdAt: 0 });
    const jobs: Dependencies["gitLab"]["jobs"] = (projectId, scope) =>
      projectId === 1 ? Promise.reject(new Error("HTML")) : system.gitLab.jobs(projectId, scope);
    await withPorts(system, { gitLab: { ...system.gitLab, jobs } }).reconcile();
    expect(system.bus.events).toMatchObject([{ job: { id: 8 } }]);
  });

  it("I-8: asks the projects that the mapping names and the token is no member of, read anew every ten minutes", async () => {
    const system = testSystem();
    const gitLab = { ...system.gitLab, projects: async () => ({ items: [] }) };
    system.mappings.add({ pk: "project#3#job#build", sk: "tags#", type: "EC2" });
    system.gitLab.addJob({ id: 7, projectId: 3, createdAt: 0 });
    system.gitLab.addJob({ id: 8, projectId: 4, createdAt: 0 });
    await withPorts(system, { gitLab }).reconcile();
    expect(system.bus.events).toMatchObject([{ job: { id: 7 } }]);
    system.mappings.add({ pk: "class#gpu", sk: "class", type: "EC2", projects: [4] });
    system.clock.advance(11 * MINUTE);
    await withPorts(system, { gitLab }).reconcile();
    expect(system.bus.events.map((event) => "job" in event && event.job.id)).toContain(8);
  });

  it("I-24: a mapping that cannot be read keeps no other project from being listed", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, createdAt: 0 });
    const projectIds = () => Promise.reject(new TransientError("no Scan"));
    const report = await withPorts(system, { mappings: { ...system.mappings, projectIds } }).reconcile();
    expect(system.bus.events).toMatchObject([{ job: { id: 7 } }]);
    expect(report).toMatchObject({ failures: ["mapping-projects: TransientError no Scan"] });
  });

  /** Projects with one job each, and the list calls of each pass of a minute, with the projects asked. */
  const manyProjects = (count: number) => {
    const system = testSystem();
    for (let project = 1; project <= count; project += 1) {
      system.gitLab.addJob({ id: project, projectId: project, createdAt: 0 });
    }
    system.gitLab.pageSize = 1000;
    const listCalls: number[] = [];
    const asked: number[] = [];
    const gitLab: Dependencies["gitLab"] = {
      ...system.gitLab,
      jobs: (projectId, ...rest) => {
        asked.push(projectId);
        return system.gitLab.jobs(projectId, ...rest);
      },
    };
    const listsSoFar = (): number =>
      system.gitLab.calls.filter((call) => ["jobs", "projects", "runners", "runnerJobs"].includes(call))
        .length;
    const endsPass = (change: LedgerChange): boolean =>
      "stateRecord" in change &&
      change.stateRecord.name === RECONCILER_RECORD &&
      parseReconcilerState(change.stateRecord).lease === undefined;
    const ledger: Dependencies["ledger"] = {
      ...system.ledger,
      openRunners: (cursor) => system.ledger.openRunners(cursor),
      commit: async (changes) => {
        if (changes.some(endsPass))
          listCalls.push(listsSoFar() - listCalls.reduce((sum, one) => sum + one, 0));
        return system.ledger.commit(changes);
      },
    };
    return { system, listCalls, asked, minute: withPorts(system, { gitLab, ledger }).reconcile };
  };

  it("F-50: a pass asks for at most a hundred lists, and the next one goes on at once", async () => {
    const { system, listCalls, asked, minute } = manyProjects(150);
    expect(await minute()).toMatchObject({ kind: "reconciled", events: 150, jobsFound: 150 });
    expect(listCalls).toEqual([100, 52]);
    expect(new Set(asked).size).toBe(asked.length);
    expect(system.bus.events).toHaveLength(150);
  });

  it("F-50: there are three passes a minute at most, and the next minute begins where they stopped", async () => {
    const { system, listCalls, asked, minute } = manyProjects(450);
    await minute();
    expect(listCalls).toEqual([100, 100, 100]);
    const first = asked.splice(0);
    await deliverAll(system);
    system.clock.advance(MINUTE);
    await minute();
    expect(new Set([...first, ...asked]).size).toBe(450);
  });

  it("F-50: no other pass begins late in its minute", async () => {
    const { system, listCalls, minute } = manyProjects(150);
    const { openRunners } = system.ledger;
    system.ledger.openRunners = (cursor) => {
      system.clock.advance(20_000);
      return openRunners(cursor);
    };
    await minute();
    expect(listCalls).toEqual([100]);
  });

  it("F-77 I-24: a pass stores how many Lambda runners the account allows; where that fails, it goes on and names it", async () => {
    const system = testSystem();
    system.gitLab.addJob({ id: 7, createdAt: system.clock.now() - MINUTE });
    const account = { concurrency: () => Promise.reject(new TransientError("throttled")) };
    const report = await withPorts(system, { account }).reconcile();
    expect(report).toMatchObject({ events: 1, failures: ["account: TransientError throttled"] });
    system.account.concurrentExecutions = 10;
    for (const run of [system, withPorts(system, { account })]) {
      await run.reconcile();
      expect((await system.ledger.slots(STACK)).limit).toBe(5);
    }
  });

  it("F-77: in a new account a pass knows the room beside the runners before it starts jobs, and starts twenty of them a second", async () => {
    const system = testSystem();
    system.account.concurrentExecutions = 10;
    for (let id = 1; id <= 50; id += 1) system.gitLab.addJob({ id, createdAt: system.clock.now() - MINUTE });
    const putBefore: number[] = [];
    system.clock.duringSleep = async () => {
      expect((await system.ledger.slots(STACK)).limit).toBe(5);
      putBefore.push(system.bus.events.length);
    };
    await system.reconcile();
    expect(putBefore).toEqual([20, 40]);
    expect(system.clock.sleeps).toEqual([1_000, 1_000]);
    expect(system.bus.events).toHaveLength(50);
  });

  it("F-30: reads no jobs and ends nothing in payload mode", async () => {
    const system = testSystem({ mode: "payload" });
    await system.start(webhook(system.gitLab.addJob({ id: 7 })));
    system.clock.advance(5 * MINUTE);
    expect(await system.reconcile()).toMatchObject({ kind: "reconciled", failures: [] });
    expect(system.bus.events).toEqual([]);
  });

  it("I-6: puts one event for a job, however many reasons there are", async () => {
    const system = await launched();
    runs(system, 7, 9001);
    await system.pickUp(webhook(system.gitLab.jobsById.get(7)!));
    system.gitLab.change(7, { status: "success" });
    system.instances.setState((await runner(system)).resourceId!, "terminated");
    system.clock.advance(MINUTE);
    expect(await events(system)).toHaveLength(1);
  });
});
