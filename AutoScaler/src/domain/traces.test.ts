import { TransientError } from "../../../Core/errors";
import type { Attempt, Runner } from "../../../Core/ledger";
import type { Dependencies } from "./dependencies";
import { interrupted } from "./fakes/interrupted";
import { detailOf, hook, type SmallWorld, smallWorld, workflows } from "./fakes/small-world";
import type { GitLabJob } from "./ports";
import { STACK } from "./ports";

/** A and B are jobs with the same tags, rA and rB the runners started for them, F is a foreign job. */
const A = 1;
const B = 2;
const F = 3;

const MINUTE = 60_000;

const attemptsOf = (small: SmallWorld, jobId: number): Attempt[] =>
  [...small.ledger.items.values()]
    .filter((item) => item.kind === "attempt")
    .filter((item) => item.jobId === jobId);
const runnerOf = async (small: SmallWorld, runnerId: number): Promise<Runner> =>
  (await small.ledger.runner(runnerId))!;
const states = (small: SmallWorld, jobId: number): string[] =>
  attemptsOf(small, jobId).map(({ state }) => state);

/** The same world with some ports of a process replaced. */
const processWith = (
  small: SmallWorld,
  ports: Partial<Dependencies>,
  ec2 = small.ec2 as Dependencies["provider"],
) => workflows({ ...small.world, ...ports }, { lambda: small.lambda, ec2 }, small.routing);

const pend = async (small: SmallWorld, id: number): Promise<GitLabJob> => {
  const job = small.gitLab.addJob({ id, tags: ["ec2"] });
  await small.start(hook(job));
  return job;
};

const runs = (small: SmallWorld, jobId: number, runnerId: number): GitLabJob => {
  small.gitLab.change(jobId, { status: "running", runnerId, startedAt: small.clock.now() });
  return small.gitLab.jobsById.get(jobId)!;
};

const ends = (small: SmallWorld, jobId: number, status = "success"): GitLabJob => {
  small.gitLab.change(jobId, { status, finishedAt: small.clock.now() });
  return small.gitLab.jobsById.get(jobId)!;
};

const RA = 9001;
const RB = 9002;

describe("traces", () => {
  it("trace 1: I-3: a runner whose job was cancelled before it started is left with the job that its last request got", async () => {
    const small = smallWorld();
    await pend(small, A);
    small.gitLab.addJob({ id: B, tags: ["ec2"] });
    small.gitLab.change(A, { status: "canceled", runnerId: RA });
    small.clock.duringSleep = () => small.gitLab.change(B, { runnerId: RA });

    const [result] = await small.stop(hook(small.gitLab.jobsById.get(A)!));

    expect(result?.kind).toBe("busy");
    expect(await runnerOf(small, RA)).toMatchObject({ state: "BUSY", busyJobId: B });
    expect(small.gitLab.deleted).toEqual([]);
    expect(small.instances.terminated).toEqual([]);
    expect(small.clock.sleeps).toContain(10_000);
  });

  it("trace 2: I-22: a start that was overtaken by a pick-up leaves neither a place nor a record behind", async () => {
    const small = smallWorld();
    const a = small.gitLab.addJob({ id: A, tags: ["ec2"] });
    await pend(small, B);
    const overtaken = processWith(small, {
      gitLab: interrupted(small.gitLab, "createRunner", async () => small.pickUp(hook(runs(small, A, RA)))),
    });

    await overtaken.start(hook(a));

    expect(states(small, A)).toEqual(["RUNNING"]);
    expect(small.ledger.taken(STACK)).toBe(1);
    expect(small.gitLab.deleted).toEqual([9002]);
    expect(small.ec2.launched.size).toBe(1);
  });

  it("trace 3: an end that meets a start in progress leaves the runner to the next sweep", async () => {
    const small = smallWorld();
    const a = small.gitLab.addJob({ id: A, tags: ["ec2"] });
    let kinds: string[] = [];
    const ec2 = interrupted(small.ec2, "launch", async () => {
      kinds = (await small.stop(hook(ends(small, A, "canceled")))).map(({ kind }) => kind);
    });

    await processWith(small, {}, ec2).start(hook(a));
    expect(kinds).toEqual(["left"]);
    expect(await runnerOf(small, RA)).toMatchObject({ state: "STARTING", resourceId: expect.any(String) });

    small.clock.advance(MINUTE);
    await small.sweep();
    for (const event of small.bus.events) await small.deliver(detailOf(event));
    expect(small.instances.terminated).toHaveLength(1);
    expect(small.ledger.taken(STACK)).toBe(0);
  });

  it("trace 3: an end without a resource id looks for the instance by our tag before it writes GONE", async () => {
    const small = smallWorld();
    small.ec2.script.push("lost", "fails");
    small.ec2.isVisible = false;
    await pend(small, A);
    expect((await runnerOf(small, RA)).resourceId).toBeUndefined();

    await small.stop(hook(ends(small, A, "canceled")));

    expect(small.instances.terminated).toEqual([...small.ec2.launched.values()]);
    expect((await runnerOf(small, RA)).state).toBe("GONE");
  });

  it("trace 4: P-4: a late swap and the next attempt's event open no second attempt", async () => {
    const small = smallWorld();
    await pend(small, A);
    await pend(small, B);
    runs(small, A, RB);
    ends(small, A);
    // The end of A is under way: rB is ENDING, B's attempt counts as spent.
    await processWith(small, {
      gitLab: interrupted(small.gitLab, "deleteRunner", async () => {
        throw new TransientError("GitLab does not answer");
      }),
    })
      .stop(hook(small.gitLab.jobsById.get(A)!))
      .catch(() => undefined);

    await small.pickUp(hook({ ...small.gitLab.jobsById.get(A)!, status: "running" }));
    await small.start(hook(small.gitLab.jobsById.get(B)!));

    expect(attemptsOf(small, B)).toHaveLength(1);
    expect(attemptsOf(small, B)[0]?.runnerId).toBe(RA);
    expect(small.ec2.launched.size).toBe(2);
  });

  it("trace 4: the transaction that opens the next attempt fails when the swap came between", async () => {
    const small = smallWorld();
    await pend(small, A);
    await pend(small, B);
    runs(small, A, RB);
    const rB = await runnerOf(small, RB);
    const spent = { ...rB, state: "BUSY", busyJobId: A, busyProjectId: 1, version: rB.version + 1 } as const;
    expect(await small.ledger.commit([{ put: spent }])).toBe(true);
    const opening = processWith(small, {
      settings: interrupted(small.settings, "startsAreOn", () =>
        small.pickUp(hook(small.gitLab.jobsById.get(A)!)),
      ),
    });

    await opening.start(hook(small.gitLab.jobsById.get(B)!));

    expect(attemptsOf(small, B)).toHaveLength(1);
    expect(small.gitLab.created).toHaveLength(2);
  });

  it("trace 5: an attempt is not spent while its end has not paused the runner yet", async () => {
    const small = smallWorld();
    const a = await pend(small, A);
    const order: string[] = [];
    small.gitLab.change(A, { status: "canceled" });
    const end = processWith(small, {
      gitLab: interrupted(small.gitLab, "pauseRunner", async () =>
        order.push((await runnerOf(small, RA)).state),
      ),
    });

    await end.stop(hook({ ...a, status: "canceled" }));

    expect(order).toEqual(["STARTING"]);
    expect((await runnerOf(small, RA)).state).toBe("GONE");
  });

  it("trace 6: I-19 P-13: a launch whose answer was lost is adopted, however the repeat fails", async () => {
    const small = smallWorld();
    small.ec2.script.push("lost", "fails", "fails");
    small.ec2.isVisible = false;
    const a = await pend(small, A);
    await small.start(hook(a));

    expect(states(small, A)).toEqual(["CREATED"]);
    await small.start(hook(a));

    expect(states(small, A)).toEqual(["LAUNCHED"]);
    expect(small.ec2.launched.size).toBe(1);
    expect(small.gitLab.created).toHaveLength(1);
  });

  it.each(["spot-interruption", "rebalance-recommendation", "instance-shutting-down", "instance-stopping"])(
    "trace 7: %s is no proof that the instance is dead",
    async (reason) => {
      const small = smallWorld();
      await pend(small, A);
      await small.pickUp(hook(runs(small, A, RA)));
      const { resourceId } = await runnerOf(small, RA);

      await small.stop({ runnerId: "", resourceId, reason });

      expect((await runnerOf(small, RA)).state).toBe("BUSY");
      expect(small.gitLab.deleted).toEqual([]);
    },
  );

  it("trace 7: a hint finds a runner without a job paused, asked and then ended", async () => {
    const small = smallWorld();
    await pend(small, A);
    const { resourceId } = await runnerOf(small, RA);

    await small.stop({ runnerId: "", resourceId, reason: "spot-interruption" });

    expect(small.gitLab.calls.slice(-3)).toEqual(["pauseRunner", "runnerJobs", "deleteRunner"]);
    expect((await runnerOf(small, RA)).state).toBe("GONE");
  });

  it("trace 8: a runner's end that comes before its job's end makes no false alarm", async () => {
    const small = smallWorld();
    await pend(small, A);
    runs(small, A, RA);
    ends(small, A);
    const { resourceId } = await runnerOf(small, RA);

    await small.stop({ runnerId: "", resourceId, reason: "instance-terminated" });

    expect(states(small, A)).toEqual(["ENDED"]);
    expect(small.metrics.total("JobsFailed")).toBe(0);
  });

  it("trace 9: F-1: the sweep wakes the oldest waiting job when its event was lost", async () => {
    const small = smallWorld({ stackCap: 1 });
    await pend(small, A);
    await pend(small, B);
    expect(states(small, B)).toEqual(["WAITING"]);
    await small.pickUp(hook(runs(small, A, RA)));
    await small.stop(hook(ends(small, A)));
    expect(small.bus.events.splice(0)).toHaveLength(1);

    small.clock.advance(MINUTE);
    await small.sweep();
    for (const event of small.bus.events) await small.deliver(detailOf(event));

    expect(states(small, B)).toEqual(["LAUNCHED"]);
  });

  it("trace 10: an end whose pick-up was missed makes the swap first", async () => {
    const small = smallWorld();
    await pend(small, A);
    await pend(small, B);
    runs(small, B, RA);

    await small.stop(hook(ends(small, B)));

    expect(attemptsOf(small, A)[0]?.runnerId).toBe(RB);
    expect(states(small, A)).toEqual(["LAUNCHED"]);
    expect(await runnerOf(small, RB)).toMatchObject({ state: "STARTING", jobId: A });
    expect((await runnerOf(small, RA)).state).toBe("GONE");
  });

  it("trace 11: runner, attempt and bootstrap row are stored in one transaction, or none of them", async () => {
    const small = smallWorld();
    const a = small.gitLab.addJob({ id: A, tags: ["ec2"] });
    const dies = processWith(small, {
      gitLab: {
        ...small.gitLab,
        createRunner: async (runner) => {
          await small.gitLab.createRunner(runner);
          throw new Error("The process died");
        },
      },
    });
    await dies.start(hook(a));
    expect(small.rows.rows.size).toBe(0);
    expect(states(small, A)).toEqual(["CLAIMED"]);

    small.ec2.script.push("fails", "fails");
    await small.start(hook(a));
    expect(small.rows.rows.size).toBe(1);
    const [row] = [...small.rows.rows.values()];
    expect(await runnerOf(small, row?.runnerId ?? 0)).toMatchObject({ state: "STARTING", attempt: 1 });
  });

  it("trace 12: P-8: a start that stalls past its lease neither launches twice nor keeps its place", async () => {
    const small = smallWorld();
    const a = small.gitLab.addJob({ id: A, tags: ["ec2"] });
    const stalls = processWith(small, {
      gitLab: interrupted(small.gitLab, "createRunner", async () => {
        small.clock.advance(2 * MINUTE);
        await small.start(hook(a));
      }),
    });

    await stalls.start(hook(a));

    expect(small.ec2.launched.size).toBe(1);
    expect(small.ledger.taken(STACK)).toBe(1);
    expect(small.gitLab.deleted).toEqual([9002]);
  });

  it("trace 13: F-25 F-51: a record that is being stored is adopted by nobody", async () => {
    const small = smallWorld();
    small.gitLab.runnersById.set(77, { id: 77, description: "glr test job 1 attempt 1", paused: false });
    await small.sweep();
    small.clock.advance(9 * MINUTE);
    await small.sweep();
    expect(await small.ledger.runner(77)).toBeUndefined();

    small.clock.advance(2 * MINUTE);
    await small.sweep();
    expect(await small.ledger.runner(77)).toMatchObject({ adopted: true });
    expect(small.bus.events).toContainEqual(
      expect.objectContaining({ detailType: "RunnerEnded", runnerId: 77 }),
    );
  });

  it("trace 14: the row lies under the instance's key before the launch counts as done", async () => {
    const small = smallWorld();
    const a = small.gitLab.addJob({ id: A, tags: ["ec2"] });
    const dies = processWith(small, {
      rows: interrupted(small.rows, "move", () => {
        throw new TransientError("The process died");
      }),
    });
    await dies.start(hook(a));
    expect(states(small, A)).toEqual(["CREATED"]);

    await small.start(hook(a));

    const [instanceId] = [...small.ec2.launched.values()];
    expect([...small.rows.rows.keys()]).toEqual([`AROARUNNER:${instanceId}`]);
    expect(states(small, A)).toEqual(["LAUNCHED"]);
  });

  it("P-1: a foreign job that took a runner gets it noted and the robbed job its next attempt", async () => {
    const small = smallWorld();
    await pend(small, A);
    small.gitLab.addJob({ id: F, tags: ["ec2"] });
    const f = runs(small, F, RA);

    await small.pickUp(hook(f));
    for (const event of small.bus.events.splice(0)) await small.deliver(detailOf(event));

    expect(states(small, A)).toEqual(["LAUNCHED", "LAUNCHED"]);
    expect(await runnerOf(small, RA)).toMatchObject({ state: "BUSY", busyJobId: F });
    expect(small.gitLab.runnersById.get(RA)?.paused).toBe(true);
  });

  it("I-1: a job whose runner is taken five times is met by its sixth", async () => {
    const small = smallWorld();
    const a = await pend(small, A);
    for (const thief of [11, 12, 13, 14, 15]) {
      small.gitLab.addJob({ id: thief, tags: ["ec2"] });
      const { runnerId } = attemptsOf(small, A).at(-1)!;
      await small.pickUp(hook(runs(small, thief, runnerId!)));
      await small.stop(hook(ends(small, thief)));
      await small.start(hook(a));
    }
    const { runnerId } = attemptsOf(small, A).at(-1)!;
    await small.pickUp(hook(runs(small, A, runnerId!)));

    expect(small.ec2.launched.size).toBe(6);
    expect(attemptsOf(small, A).at(-1)).toMatchObject({ attempt: 6, robbed: 5, state: "RUNNING" });
    expect(attemptsOf(small, A).map(({ state }) => state)).not.toContain("FAILED");
  });
});
