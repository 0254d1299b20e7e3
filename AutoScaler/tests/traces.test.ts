import { TransientError } from "../../Core/errors";
import type { Attempt, Runner } from "../../Core/model/ledger";
import type { Dependencies } from "../src/dependencies";
import type { GitLabJob } from "../src/ports";
import { STACK } from "../src/ports";
import { interrupted } from "../src/testing/fakes/interrupted";
import { detailOf, type TestSystem, testSystem, webhook, workflows } from "../src/testing/fakes/test-system";

/** A and B are jobs with the same tags, rA and rB the runners started for them, F is a foreign job. */
const A = 1;
const B = 2;
const F = 3;

const MINUTE = 60_000;

const attemptsOf = (system: TestSystem, jobId: number): Attempt[] =>
  [...system.ledger.items.values()]
    .filter((item) => item.kind === "attempt")
    .filter((item) => item.jobId === jobId);
const runnerOf = async (system: TestSystem, runnerId: number): Promise<Runner> =>
  (await system.ledger.runner(runnerId))!;
const states = (system: TestSystem, jobId: number): string[] =>
  attemptsOf(system, jobId).map(({ state }) => state);

/** The same workflows with some ports replaced. */
const processWith = (
  system: TestSystem,
  ports: Partial<Dependencies>,
  ec2 = system.ec2 as Dependencies["provider"],
) => workflows({ ...system.dependencies, ...ports }, { lambda: system.lambda, ec2 }, system.routing);

const pend = async (system: TestSystem, id: number): Promise<GitLabJob> => {
  const job = system.gitLab.addJob({ id, tags: ["ec2"] });
  await system.start(webhook(job));
  return job;
};

const runs = (system: TestSystem, jobId: number, runnerId: number): GitLabJob => {
  system.gitLab.change(jobId, { status: "running", runnerId, startedAt: system.clock.now() });
  return system.gitLab.jobsById.get(jobId)!;
};

const ends = (system: TestSystem, jobId: number, status = "success"): GitLabJob => {
  system.gitLab.change(jobId, { status, finishedAt: system.clock.now() });
  return system.gitLab.jobsById.get(jobId)!;
};

const RA = 9001;
const RB = 9002;

describe("traces", () => {
  it("trace 1: I-3: a runner whose job was cancelled before it started is left with the job that its last request got", async () => {
    const system = testSystem();
    await pend(system, A);
    system.gitLab.addJob({ id: B, tags: ["ec2"] });
    system.gitLab.change(A, { status: "canceled", runnerId: RA });
    system.clock.duringSleep = () => system.gitLab.change(B, { runnerId: RA });

    const [result] = await system.stop(webhook(system.gitLab.jobsById.get(A)!));

    expect(result?.kind).toBe("busy");
    expect(await runnerOf(system, RA)).toMatchObject({ state: "BUSY", busyJobId: B });
    expect(system.gitLab.deleted).toEqual([]);
    expect(system.instances.terminated).toEqual([]);
    expect(system.clock.sleeps).toContain(10_000);
  });

  it("trace 2: I-22: a start that a pick-up overtakes leaves neither a slot nor a record behind", async () => {
    const system = testSystem();
    const a = system.gitLab.addJob({ id: A, tags: ["ec2"] });
    await pend(system, B);
    const overtaken = processWith(system, {
      gitLab: interrupted(system.gitLab, "createRunner", async () =>
        system.pickUp(webhook(runs(system, A, RA))),
      ),
    });

    await overtaken.start(webhook(a));

    expect(states(system, A)).toEqual(["RUNNING"]);
    expect(system.ledger.taken(STACK)).toBe(1);
    expect(system.gitLab.deleted).toEqual([9002]);
    expect(system.ec2.launched.size).toBe(1);
  });

  it("trace 3: an end that meets a start in progress leaves the runner to the next pass", async () => {
    const system = testSystem();
    const a = system.gitLab.addJob({ id: A, tags: ["ec2"] });
    let kinds: string[] = [];
    const ec2 = interrupted(system.ec2, "launch", async () => {
      kinds = (await system.stop(webhook(ends(system, A, "canceled")))).map(({ kind }) => kind);
    });

    await processWith(system, {}, ec2).start(webhook(a));
    expect(kinds).toEqual(["left"]);
    expect(await runnerOf(system, RA)).toMatchObject({ state: "STARTING", resourceId: expect.any(String) });

    system.clock.advance(MINUTE);
    await system.reconcile();
    for (const event of system.bus.events) await system.deliver(detailOf(event));
    expect(system.instances.terminated).toHaveLength(1);
    expect(system.ledger.taken(STACK)).toBe(0);
  });

  it("trace 3: an end without a resource id looks for the instance by our tag before it writes GONE", async () => {
    const system = testSystem();
    system.ec2.script.push("lost", "fails");
    system.ec2.isVisible = false;
    await pend(system, A);
    expect((await runnerOf(system, RA)).resourceId).toBeUndefined();

    await system.stop(webhook(ends(system, A, "canceled")));

    expect(system.instances.terminated).toEqual([...system.ec2.launched.values()]);
    expect((await runnerOf(system, RA)).state).toBe("GONE");
  });

  it("trace 4: P-4: a late swap and the next attempt's event open no second attempt", async () => {
    const system = testSystem();
    await pend(system, A);
    await pend(system, B);
    runs(system, A, RB);
    ends(system, A);
    // The end of A is under way: rB is ENDING, B's attempt counts as spent.
    await processWith(system, {
      gitLab: interrupted(system.gitLab, "deleteRunner", async () => {
        throw new TransientError("GitLab does not answer");
      }),
    })
      .stop(webhook(system.gitLab.jobsById.get(A)!))
      .catch(() => undefined);

    await system.pickUp(webhook({ ...system.gitLab.jobsById.get(A)!, status: "running" }));
    await system.start(webhook(system.gitLab.jobsById.get(B)!));

    expect(attemptsOf(system, B)).toHaveLength(1);
    expect(attemptsOf(system, B)[0]?.runnerId).toBe(RA);
    expect(system.ec2.launched.size).toBe(2);
  });

  it("trace 4: the transaction that opens the next attempt fails when the swap came between", async () => {
    const system = testSystem();
    await pend(system, A);
    await pend(system, B);
    runs(system, A, RB);
    const rB = await runnerOf(system, RB);
    const spent = { ...rB, state: "BUSY", busyJobId: A, busyProjectId: 1, version: rB.version + 1 } as const;
    expect(await system.ledger.commit([{ put: spent }])).toBe(true);
    const opening = processWith(system, {
      settings: interrupted(system.settings, "startsAreOn", () =>
        system.pickUp(webhook(system.gitLab.jobsById.get(A)!)),
      ),
    });

    await opening.start(webhook(system.gitLab.jobsById.get(B)!));

    expect(attemptsOf(system, B)).toHaveLength(1);
    expect(system.gitLab.created).toHaveLength(2);
  });

  it("trace 5: an attempt is not spent while its end has not paused the runner yet", async () => {
    const system = testSystem();
    const a = await pend(system, A);
    const order: string[] = [];
    system.gitLab.change(A, { status: "canceled" });
    const end = processWith(system, {
      gitLab: interrupted(system.gitLab, "pauseRunner", async () =>
        order.push((await runnerOf(system, RA)).state),
      ),
    });

    await end.stop(webhook({ ...a, status: "canceled" }));

    expect(order).toEqual(["STARTING"]);
    expect((await runnerOf(system, RA)).state).toBe("GONE");
  });

  it("trace 6: I-19 P-13: a launch whose answer was lost is adopted, however the repeat fails", async () => {
    const system = testSystem();
    system.ec2.script.push("lost", "fails", "fails");
    system.ec2.isVisible = false;
    const a = await pend(system, A);
    await system.start(webhook(a));

    expect(states(system, A)).toEqual(["CREATED"]);
    await system.start(webhook(a));

    expect(states(system, A)).toEqual(["LAUNCHED"]);
    expect(system.ec2.launched.size).toBe(1);
    expect(system.gitLab.created).toHaveLength(1);
  });

  it.each(["spot-interruption", "rebalance-recommendation", "instance-shutting-down", "instance-stopping"])(
    "trace 7: %s is no proof that the instance is dead",
    async (reason) => {
      const system = testSystem();
      await pend(system, A);
      await system.pickUp(webhook(runs(system, A, RA)));
      const { resourceId } = await runnerOf(system, RA);

      await system.stop({ runnerId: "", resourceId, reason });

      expect((await runnerOf(system, RA)).state).toBe("BUSY");
      expect(system.gitLab.deleted).toEqual([]);
    },
  );

  it("trace 7: a hint finds a runner without a job paused, asked and then ended", async () => {
    const system = testSystem();
    await pend(system, A);
    const { resourceId } = await runnerOf(system, RA);

    await system.stop({ runnerId: "", resourceId, reason: "spot-interruption" });

    expect(system.gitLab.calls.slice(-3)).toEqual(["pauseRunner", "runnerJobs", "deleteRunner"]);
    expect((await runnerOf(system, RA)).state).toBe("GONE");
  });

  it("trace 8: a runner's end that comes before its job's end counts no failed job", async () => {
    const system = testSystem();
    await pend(system, A);
    runs(system, A, RA);
    ends(system, A);
    const { resourceId } = await runnerOf(system, RA);

    await system.stop({ runnerId: "", resourceId, reason: "instance-terminated" });

    expect(states(system, A)).toEqual(["ENDED"]);
    expect(system.metrics.total("JobsFailed")).toBe(0);
  });

  it("trace 9: F-1: the reconciler dispatches the oldest waiting job when its event was lost", async () => {
    const system = testSystem({ totalLimit: 1 });
    await pend(system, A);
    await pend(system, B);
    expect(states(system, B)).toEqual(["WAITING"]);
    await system.pickUp(webhook(runs(system, A, RA)));
    await system.stop(webhook(ends(system, A)));
    expect(system.bus.events.splice(0)).toHaveLength(1);

    system.clock.advance(MINUTE);
    await system.reconcile();
    for (const event of system.bus.events) await system.deliver(detailOf(event));

    expect(states(system, B)).toEqual(["LAUNCHED"]);
  });

  it("trace 10: an end whose pick-up was missed makes the swap first", async () => {
    const system = testSystem();
    await pend(system, A);
    await pend(system, B);
    runs(system, B, RA);

    await system.stop(webhook(ends(system, B)));

    expect(attemptsOf(system, A)[0]?.runnerId).toBe(RB);
    expect(states(system, A)).toEqual(["LAUNCHED"]);
    expect(await runnerOf(system, RB)).toMatchObject({ state: "STARTING", jobId: A });
    expect((await runnerOf(system, RA)).state).toBe("GONE");
  });

  it("trace 11: runner, attempt and bootstrap row are stored in one transaction, or none of them", async () => {
    const system = testSystem();
    const a = system.gitLab.addJob({ id: A, tags: ["ec2"] });
    const dies = processWith(system, {
      gitLab: {
        ...system.gitLab,
        createRunner: async (runner) => {
          await system.gitLab.createRunner(runner);
          throw new Error("The process died");
        },
      },
    });
    await dies.start(webhook(a));
    expect(system.rows.rows.size).toBe(0);
    expect(states(system, A)).toEqual(["CLAIMED"]);

    system.ec2.script.push("fails", "fails");
    await system.start(webhook(a));
    expect(system.rows.rows.size).toBe(1);
    const [row] = [...system.rows.rows.values()];
    expect(await runnerOf(system, row?.runnerId ?? 0)).toMatchObject({ state: "STARTING", attempt: 1 });
  });

  it("trace 12: P-8: a start that stalls past its lease neither launches twice nor keeps its slot", async () => {
    const system = testSystem();
    const a = system.gitLab.addJob({ id: A, tags: ["ec2"] });
    const stalls = processWith(system, {
      gitLab: interrupted(system.gitLab, "createRunner", async () => {
        system.clock.advance(2 * MINUTE);
        await system.start(webhook(a));
      }),
    });

    await stalls.start(webhook(a));

    expect(system.ec2.launched.size).toBe(1);
    expect(system.ledger.taken(STACK)).toBe(1);
    expect(system.gitLab.deleted).toEqual([9002]);
  });

  it("trace 13: F-25 F-51: a record that is being stored is adopted by nobody", async () => {
    const system = testSystem();
    system.gitLab.runnersById.set(77, { id: 77, description: "glr test job 1 attempt 1", paused: false });
    await system.reconcile();
    system.clock.advance(9 * MINUTE);
    await system.reconcile();
    expect(await system.ledger.runner(77)).toBeUndefined();

    system.clock.advance(2 * MINUTE);
    await system.reconcile();
    expect(await system.ledger.runner(77)).toMatchObject({ adopted: true });
    expect(system.bus.events).toContainEqual(
      expect.objectContaining({ detailType: "RunnerEnded", runnerId: 77 }),
    );
  });

  it("trace 14: the row is stored under the instance's key before the launch counts as done", async () => {
    const system = testSystem();
    const a = system.gitLab.addJob({ id: A, tags: ["ec2"] });
    const dies = processWith(system, {
      rows: interrupted(system.rows, "move", () => {
        throw new TransientError("The process died");
      }),
    });
    await dies.start(webhook(a));
    expect(states(system, A)).toEqual(["CREATED"]);

    await system.start(webhook(a));

    const [instanceId] = [...system.ec2.launched.values()];
    expect([...system.rows.rows.keys()]).toEqual([`AROARUNNER:${instanceId}`]);
    expect(states(system, A)).toEqual(["LAUNCHED"]);
  });

  it("P-1: a foreign job that took a runner is recorded with it, and the reassigned job gets its next attempt", async () => {
    const system = testSystem();
    await pend(system, A);
    system.gitLab.addJob({ id: F, tags: ["ec2"] });
    const f = runs(system, F, RA);

    await system.pickUp(webhook(f));
    for (const event of system.bus.events.splice(0)) await system.deliver(detailOf(event));

    expect(states(system, A)).toEqual(["LAUNCHED", "LAUNCHED"]);
    expect(await runnerOf(system, RA)).toMatchObject({ state: "BUSY", busyJobId: F });
    expect(system.gitLab.runnersById.get(RA)?.paused).toBe(true);
  });

  it("I-1: a job whose runner is taken five times is met by its sixth", async () => {
    const system = testSystem();
    const a = await pend(system, A);
    for (const thief of [11, 12, 13, 14, 15]) {
      system.gitLab.addJob({ id: thief, tags: ["ec2"] });
      const { runnerId } = attemptsOf(system, A).at(-1)!;
      await system.pickUp(webhook(runs(system, thief, runnerId!)));
      await system.stop(webhook(ends(system, thief)));
      await system.start(webhook(a));
    }
    const { runnerId } = attemptsOf(system, A).at(-1)!;
    await system.pickUp(webhook(runs(system, A, runnerId!)));

    expect(system.ec2.launched.size).toBe(6);
    expect(attemptsOf(system, A).at(-1)).toMatchObject({ attempt: 6, reassigned: 5, state: "RUNNING" });
    expect(attemptsOf(system, A).map(({ state }) => state)).not.toContain("FAILED");
  });
});
