import { TransientError } from "../../../../Core/errors";
import type { Attempt, Runner } from "../../../../Core/ledger";
import type { Dependencies } from "../dependencies";
import { detailOf, hook, type SmallWorld, smallWorld, workflows } from "../fakes/small-world";
import type { OurEvent } from "../ports";
import { STACK } from "../ports";

const MINUTE = 60_000;

const events = async (small: SmallWorld): Promise<readonly OurEvent[]> => {
  const before = small.bus.events.length;
  await small.sweep();
  return small.bus.events.slice(before);
};
const attempts = (small: SmallWorld): Attempt[] =>
  [...small.ledger.items.values()].filter((item) => item.kind === "attempt");
const runner = async (small: SmallWorld, id = 9001): Promise<Runner> => (await small.ledger.runner(id))!;

const deliverAll = async (small: SmallWorld): Promise<void> => {
  for (const event of small.bus.events.splice(0)) await small.deliver(detailOf(event));
};

/** A job launched on EC2 two minutes ago. */
const launched = async (): Promise<SmallWorld> => {
  const small = smallWorld();
  await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: small.clock.now() })));
  small.clock.advance(2 * MINUTE);
  return small;
};

const runs = (small: SmallWorld, jobId: number, runnerId: number): void =>
  small.gitLab.change(jobId, { status: "running", runnerId, startedAt: small.clock.now() - MINUTE });

const withPorts = (small: SmallWorld, ports: Partial<Dependencies>) =>
  workflows({ ...small.world, ...ports }, { lambda: small.lambda, ec2: small.ec2 }, small.routing);

describe("a lost pending hook", () => {
  it("I-8 F-1 F-10: is put for a job that should have had it, and counted: hooks lost, refused or switched off", async () => {
    const small = smallWorld();
    small.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: small.clock.now() - MINUTE });
    expect(await events(small)).toMatchObject([
      { detailType: "GitLabJobEvent", job: { id: 7, status: "pending" } },
    ]);
    expect(small.metrics.total("JobsFoundBySweep")).toBe(1);
  });

  it("is not put for a job that is seconds old: its hook is on its way", async () => {
    const small = smallWorld();
    small.gitLab.addJob({ id: 7, createdAt: small.clock.now() - 5_000 });
    expect(await events(small)).toEqual([]);
  });

  it("I-33 F-55: is put at the second sight, whatever GitLab's clock says", async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 7, createdAt: small.clock.now() });
    await small.sweep();
    small.clock.advance(30_000);
    small.gitLab.change(7, { createdAt: job.createdAt });
    expect(await events(small)).toHaveLength(1);
  });

  it("is not put for a job that the mapping leaves to others", async () => {
    const small = smallWorld();
    small.gitLab.addJob({ id: 7, createdAt: 0 });
    const ignoring = workflows(
      small.world,
      { lambda: small.lambda, ec2: small.ec2 },
      { ...small.routing, unmappedJobs: "IGNORE" },
    );
    await ignoring.sweep();
    expect(small.bus.events).toEqual([]);
  });

  it("is not put for a job that a runner was assigned", async () => {
    const small = smallWorld();
    small.gitLab.addJob({ id: 7, createdAt: 0, runnerId: 1234 });
    expect(await events(small)).toEqual([]);
  });
});

describe("a start that stopped half-way", () => {
  it("F-14: is put again when its lease has expired", async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: 0 });
    small.ec2.script.push("fails", "fails");
    await small.start(hook(job));
    expect(await events(small)).toEqual([]);
    small.clock.advance(2 * MINUTE);
    expect(await events(small)).toMatchObject([{ job: { id: 7 }, attempt: 1 }]);
  });

  it("I-25: is put after one minute, three, nine, 27, 81 while launches are refused", async () => {
    const small = smallWorld();
    const capacity = { kind: "refused", refusal: "capacity", message: "none" } as const;
    small.ec2.script.push(...Array<typeof capacity>(20).fill(capacity));
    await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: 0 })));
    const minutes: number[] = [];
    for (let minute = 1; minute < 120; minute += 1) {
      small.clock.advance(MINUTE);
      const before = small.ec2.calls.length;
      await small.sweep();
      await deliverAll(small);
      if (small.ec2.calls.length > before) minutes.push(minute);
    }
    expect(minutes).toEqual([1, 3, 9, 27, 81]);
  });

  it.each([
    ["EC2", ["ec2"]],
    ["Lambda", []],
  ])(
    "F-31 F-36: gives a job up that no carrier took in two hours, once, visibly and for good: %s",
    async (_, tags) => {
      const small = smallWorld();
      const capacity = { kind: "refused", refusal: "capacity", message: "none" } as const;
      for (const { script } of [small.ec2, small.lambda])
        script.push(...Array<typeof capacity>(30).fill(capacity));
      await small.start(hook(small.gitLab.addJob({ id: 7, tags, createdAt: 0 })));
      for (let minute = 0; minute < 119; minute += 1) {
        small.clock.advance(MINUTE);
        await small.sweep();
        await deliverAll(small);
      }
      expect(attempts(small)).toMatchObject([{ state: "CREATED" }]);
      for (let minute = 0; minute < 60; minute += 1) {
        small.clock.advance(MINUTE);
        await small.sweep();
        await deliverAll(small);
      }
      expect(attempts(small)).toMatchObject([{ state: "FAILED", reason: "never-started" }]);
      expect(small.metrics.total("JobsFailed")).toBe(1);
      expect([small.ledger.taken("stack"), small.gitLab.runnersById.size]).toEqual([0, 0]);
    },
  );

  it("I-25: a job that has used its attempts up is read once more and then never again", async () => {
    const small = smallWorld();
    small.gitLab.refuses = "the limit of 1,000 runners is reached";
    await small.start(hook(small.gitLab.addJob({ id: 7, createdAt: 0 })));
    const reads: number[] = [];
    const attemptsOf = small.ledger.attempts;
    for (let minute = 1; minute < 30; minute += 1) {
      small.clock.advance(MINUTE);
      const attempts = (jobId: number) => {
        reads.push(minute);
        return attemptsOf(jobId);
      };
      await withPorts(small, { ledger: { ...small.ledger, attempts } }).sweep();
      await deliverAll(small);
    }
    expect(attempts(small)).toHaveLength(3);
    expect(Math.max(...reads)).toBe(6);
  });
});

describe("a lost running hook", () => {
  it("is put for a runner of ours that is not noted", async () => {
    const small = await launched();
    runs(small, 7, 9001);
    expect(await events(small)).toMatchObject([{ job: { id: 7, status: "running" } }]);
    await deliverAll(small);
    expect((await runner(small)).state).toBe("BUSY");
    small.clock.advance(MINUTE);
    expect(await events(small)).toEqual([]);
  });

  it("is put for a job of ours on a stranger's runner", async () => {
    const small = await launched();
    runs(small, 7, 555);
    expect(await events(small)).toContainEqual(
      expect.objectContaining({ job: expect.objectContaining({ status: "running" }) }),
    );
  });

  it("P-1: is put for a stranger's job that nobody told of, found by asking the runner", async () => {
    const small = await launched();
    small.gitLab.addJob({ id: 8, projectId: 2, status: "running", runnerId: 9001, startedAt: 1 });
    small.gitLab.pageSize = 1;
    const gitLab = { ...small.gitLab, projectIds: async () => ({ items: [1] }) };
    await withPorts(small, { gitLab }).sweep();
    expect(small.bus.events).toMatchObject([{ job: { id: 8, status: "running" } }]);
    await deliverAll(small);
    expect(await runner(small)).toMatchObject({ state: "BUSY", busyJobId: 8 });
  });
});

describe("a lost end hook", () => {
  const ended = async (status: string): Promise<SmallWorld> => {
    const small = await launched();
    runs(small, 7, 9001);
    await small.pickUp(hook(small.gitLab.jobsById.get(7)!));
    small.gitLab.change(7, { status });
    small.clock.advance(MINUTE);
    return small;
  };

  it.each(["success", "failed", "canceled"])("I-8: is put once when GitLab says %s", async (status) => {
    const small = await ended(status);
    expect(await events(small)).toMatchObject([{ detailType: "GitLabJobEvent", job: { id: 7, status } }]);
  });

  it("F-24 F-53: is not put when the list lacks the job and GitLab says singly that it runs", async () => {
    const small = await ended("running");
    const gitLab = { ...small.gitLab, jobs: async () => ({ items: [] }) };
    await withPorts(small, { gitLab }).sweep();
    expect(small.bus.events).toEqual([]);
  });

  it("F-24: is not put while the list fails", async () => {
    const small = await ended("success");
    const gitLab = { ...small.gitLab, jobs: () => Promise.reject(new TransientError("502")) };
    const report = await withPorts(small, { gitLab }).sweep();
    expect(small.bus.events).toEqual([]);
    expect(report).toMatchObject({ kind: "swept", failures: ["project 1: TransientError 502"] });
  });

  it("closes the attempt of a job that GitLab has deleted a day ago", async () => {
    const small = await ended("running");
    small.gitLab.jobsById.delete(7);
    await small.sweep();
    expect(attempts(small)[0]?.state).toBe("RUNNING");
    small.clock.advance(25 * 60 * MINUTE);
    await small.sweep();
    expect(attempts(small)[0]).toMatchObject({ state: "ENDED", outcome: "deleted" });
  });
});

describe("instances", () => {
  it.each(["terminated", "stopped"] as const)(
    "F-37 F-38 P-19: ends a runner whose instance is %s",
    async (state) => {
      const small = await launched();
      const { resourceId } = await runner(small);
      small.instances.setState(resourceId!, state);
      expect(await events(small)).toContainEqual({
        detailType: "RunnerEnded",
        runnerId: 9001,
        resourceId,
        reason: `instance-${state}`,
      });
    },
  );

  it("F-35: does not take an instance for dead that EC2 does not show yet", async () => {
    const small = await launched();
    small.instances.hidden.add((await runner(small)).resourceId!);
    expect(await events(small)).toEqual([]);
  });

  it("F-53: concludes nothing from a list that fails", async () => {
    const small = await launched();
    const instances = { ...small.instances, list: () => Promise.reject(new TransientError("throttled")) };
    small.clock.advance(4 * MINUTE);
    const report = await withPorts(small, { instances }).sweep();
    expect(small.bus.events).toEqual([]);
    expect(report).toMatchObject({ failures: ["instances: TransientError throttled"] });
  });

  it("F-51 P-7: adopts an instance that nobody knows after ten minutes, and ends it", async () => {
    const small = smallWorld();
    small.instances.add({ instanceId: "i-0abc", state: "running", launchedAt: 0, jobId: 7, attempt: 1 });
    await small.sweep();
    small.clock.advance(9 * MINUTE);
    expect(await events(small)).toEqual([]);
    small.clock.advance(2 * MINUTE);
    await small.sweep();
    await deliverAll(small);
    expect(small.instances.terminated).toEqual(["i-0abc"]);
    expect(await small.ledger.orphan("i-0abc")).toMatchObject({ state: "GONE" });
    expect(small.gitLab.calls).not.toContain("pauseRunner");
    small.clock.advance(5 * MINUTE);
    expect(await events(small)).toEqual([]);
  });

  it.each<[string, "running" | "stopped", number, readonly string[]]>([
    ["leaves one that lives", "running", 23 * 60, []],
    ["ends one that lives after a day", "running", 25 * 60, ["i-0abc"]],
    ["ends one that is dead", "stopped", 1, ["i-0abc"]],
  ])("F-30 P-7: without AccessToken %s", async (_says, state, minutes, expected) => {
    const small = smallWorld({ mode: "payload" });
    small.instances.add({ instanceId: "i-0abc", state, launchedAt: 0, jobId: 7, attempt: 1 });
    await small.sweep();
    small.clock.advance(10 * MINUTE);
    await small.sweep();
    small.bus.events.length = 0;
    small.clock.advance(minutes * MINUTE);
    await small.sweep();
    await deliverAll(small);
    expect(small.instances.terminated).toEqual(expected);
  });

  it("gives an instance back to the runner that it was launched for", async () => {
    const small = smallWorld();
    small.ec2.script.push("lost");
    small.gitLab.addJob({ id: 7, tags: ["ec2"], createdAt: 0 });
    await small.start(hook(small.gitLab.jobsById.get(7)!));
    const [instanceId] = [...small.ec2.launched.values()];
    const frozen = { ...small.bus, put: async () => undefined };
    for (let minute = 0; minute < 12; minute += 1) {
      await withPorts(small, { bus: frozen }).sweep();
      small.clock.advance(MINUTE);
    }
    expect((await runner(small)).resourceId).toBe(instanceId);
  });

  it("ends an instance that outlived its runner", async () => {
    const small = await launched();
    const { resourceId } = await runner(small);
    small.gitLab.change(7, { status: "canceled" });
    await small.stop(hook(small.gitLab.jobsById.get(7)!));
    small.instances.setState(resourceId!, "running");
    small.clock.advance(3 * MINUTE);
    await small.sweep();
    await deliverAll(small);
    expect(small.instances.terminated).toEqual([resourceId, resourceId]);
  });
});

describe("records", () => {
  it("T-26 F-74: adopts no record of another deployment or of other text", async () => {
    const small = smallWorld();
    small.gitLab.runnersById.set(1, { id: 1, description: "glr other job 7 attempt 1", paused: false });
    small.gitLab.runnersById.set(2, { id: 2, description: "ec2-i-0victim", paused: false });
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      await small.sweep();
      small.clock.advance(11 * MINUTE);
    }
    expect(small.ledger.items.size).toBe(0);
  });

  it("F-25 I-5: deletes an orphan record after the grace time, and nothing else of it", async () => {
    const small = smallWorld();
    small.gitLab.runnersById.set(1, { id: 1, description: "glr test job 7 attempt 1", paused: false });
    await small.sweep();
    small.clock.advance(11 * MINUTE);
    await small.sweep();
    await deliverAll(small);
    expect(small.gitLab.deleted).toEqual([1]);
    expect(small.ledger.taken(STACK)).toBe(0);
  });

  it("I-3: leaves an orphan that has a job until the job's end", async () => {
    const small = smallWorld();
    small.gitLab.runnersById.set(1, { id: 1, description: "glr test job 7 attempt 1", paused: false });
    small.gitLab.addJob({ id: 8, status: "running", runnerId: 1, startedAt: 1, createdAt: 0 });
    for (let minute = 0; minute < 15; minute += 1) {
      await small.sweep();
      await deliverAll(small);
      small.clock.advance(MINUTE);
    }
    expect(small.gitLab.deleted).toEqual([]);
    small.gitLab.change(8, { status: "success" });
    for (let minute = 0; minute < 3; minute += 1) {
      small.clock.advance(MINUTE);
      await small.sweep();
      await deliverAll(small);
    }
    expect(small.gitLab.deleted).toEqual([1]);
  });
});

describe("the waiting line", () => {
  const full = async (): Promise<SmallWorld> => {
    const small = smallWorld({ stackCap: 1 });
    for (const id of [7, 8, 9]) {
      await small.start(hook(small.gitLab.addJob({ id, tags: ["ec2"], createdAt: small.clock.now() + id })));
    }
    small.clock.advance(2 * MINUTE);
    return small;
  };

  it("P-9: lets as many go as there are places, oldest first, and each once in 45 seconds", async () => {
    const small = await full();
    expect(await events(small)).toEqual([]);
    await small.ledger.commit([{ giveBack: { scope: STACK, shard: 0 } }]);
    expect(await events(small)).toMatchObject([{ job: { id: 8 } }]);
    small.clock.advance(30_000);
    expect(await events(small)).toEqual([]);
    small.clock.advance(30_000);
    expect(await events(small)).toMatchObject([{ job: { id: 8 } }]);
  });

  it("F-57: lets nobody go while new starts are switched off", async () => {
    const small = await full();
    await small.ledger.commit([{ giveBack: { scope: STACK, shard: 0 } }]);
    small.settings.on = false;
    expect(await events(small)).toEqual([]);
  });

  it("takes a job out of the line that was cancelled and whose hook was lost", async () => {
    const small = await full();
    small.gitLab.change(8, { status: "canceled" });
    expect(await events(small)).toMatchObject([{ job: { id: 8, status: "canceled" } }]);
    await deliverAll(small);
    expect(attempts(small).find(({ jobId }) => jobId === 8)?.state).toBe("ENDED");
  });

  it("counts who waits, and for how long", async () => {
    const small = await full();
    await small.sweep();
    expect(small.metrics.total("WaitingJobs")).toBe(2);
    expect(small.metrics.total("OldestWaitingSeconds")).toBe(120);
  });
});

describe("the sweep itself", () => {
  it("F-50: runs once at a time, and takes over from one that died", async () => {
    const small = smallWorld();
    const dying = { ...small.ledger, openAttempts: () => Promise.reject(new TransientError("gone")) };
    const dead = {
      ...dying,
      commit: async (changes: Parameters<Dependencies["ledger"]["commit"]>[0]) =>
        small.ledger.commit(changes),
    };
    await expect(withPorts(small, { ledger: dead }).sweep()).rejects.toThrow(TransientError);
    expect(await small.sweep()).toMatchObject({ kind: "swept" });

    const note = small.ledger.notes.get("sweep")!;
    const lease = { kind: "reconcile", holder: "dead", until: small.clock.now() + 90_000 };
    await small.ledger.commit([
      { note: { name: "sweep", version: note.version + 1, value: { ...(note.value as object), lease } } },
    ]);
    expect(await small.sweep()).toEqual({ kind: "skipped" });
    small.clock.advance(91_000);
    expect(await small.sweep()).toMatchObject({ kind: "swept" });
  });

  it("I-24: one project that fails harms no other", async () => {
    const small = smallWorld();
    small.gitLab.addJob({ id: 7, projectId: 1, createdAt: 0 });
    small.gitLab.addJob({ id: 8, projectId: 2, createdAt: 0 });
    const jobs: Dependencies["gitLab"]["jobs"] = (projectId, scope) =>
      projectId === 1 ? Promise.reject(new Error("HTML")) : small.gitLab.jobs(projectId, scope);
    await withPorts(small, { gitLab: { ...small.gitLab, jobs } }).sweep();
    expect(small.bus.events).toMatchObject([{ job: { id: 8 } }]);
  });

  it("I-8: asks the projects that the mapping names and the token is no member of, read anew every ten minutes", async () => {
    const small = smallWorld();
    const gitLab = { ...small.gitLab, projectIds: async () => ({ items: [] }) };
    small.mappings.add({ pk: "project#3#job#build", sk: "tags#", type: "EC2" });
    small.gitLab.addJob({ id: 7, projectId: 3, createdAt: 0 });
    small.gitLab.addJob({ id: 8, projectId: 4, createdAt: 0 });
    await withPorts(small, { gitLab }).sweep();
    expect(small.bus.events).toMatchObject([{ job: { id: 7 } }]);
    small.mappings.add({ pk: "class#gpu", sk: "class", type: "EC2", projects: [4] });
    small.clock.advance(11 * MINUTE);
    await withPorts(small, { gitLab }).sweep();
    expect(small.bus.events.map((event) => "job" in event && event.job.id)).toContain(8);
  });

  it("I-24: a mapping that cannot be read keeps no other project from its turn", async () => {
    const small = smallWorld();
    small.gitLab.addJob({ id: 7, createdAt: 0 });
    const projectIds = () => Promise.reject(new TransientError("no Scan"));
    const report = await withPorts(small, { mappings: { ...small.mappings, projectIds } }).sweep();
    expect(small.bus.events).toMatchObject([{ job: { id: 7 } }]);
    expect(report).toMatchObject({ failures: ["mapping-projects: TransientError no Scan"] });
  });

  it("F-50: asks a hundred lists at most, and goes on there the next time", async () => {
    const small = smallWorld();
    for (let project = 1; project <= 150; project += 1) {
      small.gitLab.addJob({ id: project, projectId: project, createdAt: 0 });
    }
    small.gitLab.pageSize = 1000;
    await small.sweep();
    const first = small.bus.events.length;
    const lists = small.gitLab.calls.filter((call) => call === "jobs" || call === "projectIds").length;
    expect(lists).toBe(100);
    await deliverAll(small);
    small.clock.advance(MINUTE);
    await small.sweep();
    expect(first + small.bus.events.length).toBe(150);
  });

  it("F-30: reads no jobs and ends nothing in payload mode", async () => {
    const small = smallWorld({ mode: "payload" });
    await small.start(hook(small.gitLab.addJob({ id: 7 })));
    small.clock.advance(5 * MINUTE);
    expect(await small.sweep()).toMatchObject({ kind: "swept", failures: [] });
    expect(small.bus.events).toEqual([]);
  });

  it("I-6: puts one event for a job, however many reasons there are", async () => {
    const small = await launched();
    runs(small, 7, 9001);
    await small.pickUp(hook(small.gitLab.jobsById.get(7)!));
    small.gitLab.change(7, { status: "success" });
    small.instances.setState((await runner(small)).resourceId!, "terminated");
    small.clock.advance(MINUTE);
    expect(await events(small)).toHaveLength(1);
  });
});
