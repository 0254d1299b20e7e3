import { ConfigurationError, TransientError } from "../../../Core/errors";
import type { Attempt, Runner } from "../../../Core/ledger";
import type { Dependencies } from "./dependencies";
import { interrupted } from "./fakes/interrupted";
import { hook, type SmallWorld, type SmallWorldOptions, smallWorld, workflows } from "./fakes/small-world";
import { STACK } from "./ports";
import { rememberProject } from "./seen-projects";

const MINUTE = 60_000;
const A = 7;
const RA = 9001;

const attempt = (small: SmallWorld): Attempt =>
  [...small.ledger.items.values()].filter((item) => item.kind === "attempt")[0]!;
const runner = async (small: SmallWorld): Promise<Runner> => (await small.ledger.runner(RA))!;

/** Job 7 launched, and running on its own runner where `runs`. */
const launched = async ({
  tags = ["ec2"],
  runs = false,
  pickedUp = false,
  ...options
}: SmallWorldOptions & {
  readonly tags?: readonly string[];
  readonly runs?: boolean;
  readonly pickedUp?: boolean;
} = {}): Promise<SmallWorld> => {
  const small = smallWorld(options);
  await small.start(hook(small.gitLab.addJob({ id: A, tags })));
  if (runs || pickedUp)
    small.gitLab.change(A, { status: "running", runnerId: RA, startedAt: small.clock.now() });
  if (pickedUp) await small.pickUp(hook(small.gitLab.jobsById.get(A)!));
  small.gitLab.calls.length = 0;
  return small;
};

const endJob = (small: SmallWorld, status = "success") => {
  small.gitLab.change(A, { status, finishedAt: small.clock.now() });
  return hook(small.gitLab.jobsById.get(A)!);
};

const breaking = (small: SmallWorld, error: Error, method: "pauseRunner" | "deleteRunner" | "runnerJobs") => {
  const gitLab = { ...small.gitLab, [method]: () => Promise.reject(error) } as Dependencies["gitLab"];
  return workflows({ ...small.world, gitLab }, { lambda: small.lambda, ec2: small.ec2 }, small.routing);
};

describe("the end of a job", () => {
  it("I-20: waits for GitLab from its own begin, not from that of an end that found the runner busy", async () => {
    const small = await launched();
    small.gitLab.addJob({ id: 8, status: "running", runnerId: RA, startedAt: small.clock.now() });
    small.gitLab.change(A, { status: "canceled" });
    expect(await small.stop(hook(small.gitLab.jobsById.get(A)!))).toMatchObject([{ kind: "busy" }]);
    small.clock.advance(40 * MINUTE);
    small.gitLab.change(8, { status: "success", finishedAt: small.clock.now() });
    const broken = breaking(small, new TransientError("GitLab is down"), "deleteRunner");
    await expect(broken.stop(hook(small.gitLab.jobsById.get(8)!))).rejects.toThrow(TransientError);
    expect(small.instances.terminated).toEqual([]);
    small.clock.advance(31 * MINUTE);
    await broken.stop({ runnerId: RA, resourceId: "", reason: "" });
    expect(small.instances.terminated).toHaveLength(1);
  });

  it("I-25: costs six GitLab calls and eight writes at most from hook to nothing left", async () => {
    const small = smallWorld();
    // A project is noted once in ten minutes, however many jobs it has.
    await rememberProject(small.world, 1);
    small.ledger.writes = 0;
    await small.start(hook(small.gitLab.addJob({ id: A, tags: ["ec2"] })));
    const moves = 1;
    small.gitLab.change(A, { status: "running", runnerId: RA, startedAt: small.clock.now() });
    await small.pickUp(hook(small.gitLab.jobsById.get(A)!));
    await small.stop(endJob(small));

    expect(small.gitLab.calls).toEqual(["job", "createRunner", "job", "pauseRunner", "job", "deleteRunner"]);
    expect(small.ledger.writes + moves).toBeLessThanOrEqual(8);
    expect((await runner(small)).state).toBe("GONE");
  });

  it("I-4 I-20: deletes the record, terminates the instance, frees the place, writes what it cost", async () => {
    const small = await launched({ pickedUp: true });
    small.clock.advance(30 * MINUTE);
    const results = await small.stop(endJob(small));

    expect(results).toMatchObject([
      { kind: "terminated", runnerId: RA, freed: { kind: "slot", classKey: "EC2#default" } },
    ]);
    expect(small.gitLab.runnersById.size).toBe(0);
    expect(small.instances.terminated).toEqual([...small.ec2.launched.values()]);
    expect(small.ledger.taken(STACK)).toBe(0);
    expect(attempt(small)).toMatchObject({
      state: "ENDED",
      outcome: "success",
      cost: 0.02,
      ttl: expect.any(Number),
    });
    expect(await runner(small)).toMatchObject({
      recordDeletedAt: expect.any(Number),
      ttl: expect.any(Number),
    });
  });

  it("ends a Lambda runner without touching EC2", async () => {
    const small = await launched({ tags: [], pickedUp: true });
    expect(await small.stop(endJob(small))).toMatchObject([
      { kind: "unregistered", freed: { kind: "slot", classKey: "LAMBDA#default" } },
    ]);
    expect((await runner(small)).state).toBe("GONE");
    expect(small.instances.terminated).toEqual([]);
  });

  it("I-3 I-16 T-5: ends nothing on a forged end: the job is read again", async () => {
    const small = await launched({ pickedUp: true });
    const forged = { ...small.gitLab.jobsById.get(A)!, status: "success" };
    expect(await small.stop(hook(forged))).toEqual([]);
    expect((await runner(small)).state).toBe("BUSY");
  });

  it("F-53: ends nothing for a job that GitLab does not know", async () => {
    const small = await launched({ pickedUp: true });
    const event = hook(small.gitLab.jobsById.get(A)!, "success");
    small.gitLab.jobsById.delete(A);
    expect(await small.stop(event)).toEqual([]);
  });

  it("I-20: pauses and looks, in this order, when the pick-up was missed", async () => {
    const small = await launched({ runs: true });
    await small.stop(endJob(small));
    expect(small.gitLab.calls).toEqual(["job", "pauseRunner", "runnerJobs", "deleteRunner"]);
    expect(small.clock.sleeps).toEqual([]);
  });

  it("T-16: ends no runner that a hook names and the ledger does not know", async () => {
    const small = await launched();
    small.gitLab.addJob({ id: 8, status: "success", runnerId: 555, startedAt: 1 });
    expect(await small.stop(hook(small.gitLab.jobsById.get(8)!))).toEqual([]);
    expect(small.gitLab.deleted).toEqual([]);
  });

  it("I-7 I-32: changes nothing the second time, and starts nothing afterwards", async () => {
    const small = await launched({ pickedUp: true });
    const event = endJob(small);
    await small.stop(event);
    const writes = small.ledger.writes;
    await small.stop(event);
    await small.start(hook(small.gitLab.jobsById.get(A)!, "pending"));
    await small.pickUp(hook(small.gitLab.jobsById.get(A)!, "running"));
    expect(small.ledger.writes).toBe(writes);
    expect(small.gitLab.created).toHaveLength(1);
  });

  it("F-2 I-6: puts the end once more when the running event comes after it and the end left something", async () => {
    const small = await launched({ runs: true });
    endJob(small);
    await small.pickUp(hook(small.gitLab.jobsById.get(A)!, "running"));
    expect(small.bus.events).toMatchObject([
      { detailType: "GitLabJobEvent", job: { id: A, status: "success" } },
    ]);

    await small.stop(hook(small.gitLab.jobsById.get(A)!));
    await small.pickUp(hook(small.gitLab.jobsById.get(A)!, "running"));
    expect(small.bus.events).toHaveLength(1);
  });

  it("closes the attempt of a job that was cancelled in line, and frees nothing", async () => {
    const small = smallWorld({ classCap: 0 });
    await small.start(hook(small.gitLab.addJob({ id: A, tags: ["ec2"] })));
    await small.stop(endJob(small, "canceled"));
    expect(attempt(small)).toMatchObject({ state: "ENDED", outcome: "canceled" });
  });

  it("F-5: gives a claim's place back when the job was cancelled before its runner was made", async () => {
    const small = smallWorld();
    const gitLab = interrupted(small.gitLab, "createRunner", () => {
      throw new TransientError("GitLab does not answer");
    });
    const run = workflows(
      { ...small.world, gitLab },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );
    await run.start(hook(small.gitLab.addJob({ id: A, tags: ["ec2"] })));
    const results = await small.stop(endJob(small, "canceled"));
    expect(results).toMatchObject([{ freed: { kind: "slot", classKey: "EC2#default" } }]);
    expect(small.ledger.taken(STACK)).toBe(0);
  });

  it("removes the bootstrap row of a runner that ends before it read it", async () => {
    const small = await launched();
    expect(small.rows.rows.size).toBe(1);
    await small.stop(endJob(small, "canceled"));
    expect(small.rows.rows.size).toBe(0);
  });

  it("leaves a runner alone that took another job, and closes the cancelled job", async () => {
    const small = await launched();
    small.gitLab.addJob({ id: 8, status: "running", runnerId: RA, startedAt: 1 });
    const results = await small.stop(endJob(small, "canceled"));
    expect(results).toMatchObject([{ kind: "busy" }]);
    expect(await runner(small)).toMatchObject({ state: "BUSY", busyJobId: 8 });
    expect(attempt(small).state).toBe("ENDED");
    expect(small.gitLab.deleted).toEqual([]);
  });
});

describe("GitLab failing at the end", () => {
  const down = new TransientError("GitLab does not answer");

  it("F-28 P-6: does not terminate while the record is not deleted", async () => {
    const small = await launched({ pickedUp: true });
    await expect(breaking(small, down, "deleteRunner").stop(endJob(small))).rejects.toThrow(TransientError);
    expect((await runner(small)).state).toBe("ENDING");
    expect(small.instances.terminated).toEqual([]);
  });

  it("I-20 P-7: terminates after half an hour without it, and the sweep deletes the record later", async () => {
    const small = await launched({ pickedUp: true });
    const run = breaking(small, down, "deleteRunner");
    const event = endJob(small);
    await run.stop(event).catch(() => undefined);
    small.clock.advance(29 * MINUTE);
    await expect(run.stop(event)).rejects.toThrow(TransientError);
    small.clock.advance(MINUTE);
    expect(await run.stop(event)).toMatchObject([{ kind: "terminated" }]);
    expect(await runner(small)).toMatchObject({ state: "GONE" });
    expect(await runner(small)).not.toHaveProperty("recordDeletedAt");

    small.clock.advance(MINUTE);
    await small.stop({ runnerId: RA, reason: "record-remaining" });
    expect(small.gitLab.runnersById.size).toBe(0);
    expect((await runner(small)).recordDeletedAt).toBeDefined();
  });

  it("I-3: waits for GitLab without a limit while nothing shows that the runner is idle", async () => {
    const small = await launched();
    const event = endJob(small, "canceled");
    const run = breaking(small, down, "pauseRunner");
    for (let minute = 0; minute < 35; minute += 1) {
      await run.stop(event).catch(() => undefined);
      small.clock.advance(MINUTE);
    }
    expect((await runner(small)).state).toBe("STARTING");
    expect(small.instances.terminated).toEqual([]);
  });

  it("I-21: gives the lease back, so the workflow's retry goes on at once", async () => {
    const small = await launched();
    const event = endJob(small, "canceled");
    await breaking(small, down, "pauseRunner")
      .stop(event)
      .catch(() => undefined);
    expect(await runner(small)).not.toHaveProperty("lease");
    expect(await small.stop(event)).toMatchObject([{ kind: "terminated" }]);
  });

  it("F-24: does not take a failed list for an idle runner", async () => {
    const small = await launched();
    const event = endJob(small, "canceled");
    await expect(breaking(small, down, "runnerJobs").stop(event)).rejects.toThrow(TransientError);
    expect((await runner(small)).state).toBe("STARTING");
  });

  it("F-27: takes a record that is gone for success", async () => {
    const small = await launched();
    small.gitLab.runnersById.clear();
    expect(await small.stop(endJob(small, "canceled"))).toMatchObject([{ kind: "terminated" }]);
  });

  const underAnEnd = async (small: SmallWorld): Promise<void> => {
    const dead = (await runner(small)).version + 1;
    const lease = { kind: "end", holder: "dead", until: small.clock.now() + 90_000 } as const;
    await small.ledger.commit([{ put: { ...(await runner(small)), version: dead, lease } }]);
  };

  it("closes the job's attempts although another job's end is at its runner", async () => {
    const small = await launched();
    await underAnEnd(small);
    expect(await small.stop(endJob(small, "success"))).toMatchObject([{ kind: "left" }]);
    expect(attempt(small).state).toBe("ENDED");
  });

  it("P-8: another end takes over when the first one died with its lease", async () => {
    const small = await launched();
    const event = endJob(small, "canceled");
    await underAnEnd(small);
    expect(await small.stop(event)).toMatchObject([{ kind: "left" }]);
    small.clock.advance(91_000);
    expect(await small.stop(event)).toMatchObject([{ kind: "terminated" }]);
  });
});

describe("a runner that is reported ended", () => {
  it.each(["terminated", "stopped"])("F-37 F-38: needs no confirmation when EC2 says %s", async (state) => {
    const small = await launched({ pickedUp: true });
    const { resourceId } = await runner(small);
    const results = await small.stop({ runnerId: "", resourceId, reason: `instance-${state}` });
    expect(results).toMatchObject([{ kind: "terminated" }]);
    expect(small.gitLab.calls).not.toContain("pauseRunner");
    expect(attempt(small).state).toBe("RUNNING");
  });

  it.each(["pending", "running"])("is not when EC2 says %s", async (state) => {
    const small = await launched();
    const { resourceId } = await runner(small);
    expect(await small.stop({ runnerId: "", resourceId, reason: `instance-${state}` })).toEqual([]);
    expect(small.gitLab.calls).toEqual([]);
  });

  it("T-16: is nobody's when the ledger does not know the instance", async () => {
    const small = await launched();
    expect(await small.stop({ runnerId: "", resourceId: "i-victim", reason: "instance-terminated" })).toEqual(
      [],
    );
  });

  it("I-3: is left while it waits for its pending job, whoever asks", async () => {
    const small = await launched();
    expect(await small.stop({ runnerId: RA, resourceId: "", reason: "anything" })).toEqual([]);
  });

  it("fails its attempt when no job came to it and GitLab says that the job is pending", async () => {
    const small = await launched();
    small.clock.advance(10 * MINUTE);
    expect(await small.stop({ runnerId: RA, resourceId: "", reason: "no-job" })).toMatchObject([
      { kind: "terminated", reason: "no-job" },
    ]);
    expect(attempt(small)).toMatchObject({ state: "FAILED", reason: "no-job" });
  });

  it("trace 8: fails no attempt whose job runs on another runner", async () => {
    const small = await launched();
    small.gitLab.change(A, { status: "running", runnerId: 555, startedAt: small.clock.now() });
    expect(await small.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated", reason: "no-longer-needed" },
    ]);
    expect(attempt(small).state).toBe("LAUNCHED");
  });

  it("I-3 I-23 F-49: goes past its lifetime, whatever it runs and whatever became of its own clock", async () => {
    const small = await launched({ pickedUp: true });
    small.clock.advance(82 * MINUTE);
    expect(await small.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated" },
    ]);
    expect(await runner(small)).toMatchObject({ state: "GONE", reason: "lifetime-reached" });
  });

  it("I-3: is left just before its lifetime is over", async () => {
    const small = await launched({ pickedUp: true });
    small.clock.advance(61 * MINUTE);
    expect(await small.stop({ runnerId: RA, resourceId: "", reason: "" })).toEqual([]);
  });

  it("ends when GitLab took its assigned job away again and paused it stays", async () => {
    const small = await launched();
    small.gitLab.change(A, { runnerId: RA });
    await small.stop({ runnerId: RA, resourceId: "", reason: "" });
    const busy = { ...(await runner(small)), state: "BUSY", busyJobId: A, busyProjectId: 1 } as const;
    await small.ledger.commit([{ put: { ...busy, pausedAt: 1, version: busy.version + 1 } }]);
    small.gitLab.jobsById.set(A, { ...small.gitLab.jobsById.get(A)!, runnerId: 555 });
    expect(await small.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated" },
    ]);
  });

  it("F-39: throws what EC2 refuses and keeps ENDING, so the sweep comes again", async () => {
    const small = await launched({ pickedUp: true });
    const instances = interrupted(small.instances, "terminate", () => {
      throw new ConfigurationError("termination protection");
    });
    const run = workflows(
      { ...small.world, instances },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );
    await expect(run.stop(endJob(small))).rejects.toThrow(ConfigurationError);
    expect((await runner(small)).state).toBe("ENDING");
  });
});

describe("payload mode", () => {
  const running = async (tags: readonly string[]): Promise<SmallWorld> => {
    const small = smallWorld({ mode: "payload" });
    small.mappings.add({ pk: "job#ec2 job", sk: "tags#ec2", type: "EC2" });
    const job = small.gitLab.addJob({ id: A, name: tags.length > 0 ? "ec2 job" : "build" });
    await small.start(hook(job));
    await small.pickUp(hook({ ...job, status: "running", runnerId: RA }));
    return small;
  };
  const ended = (small: SmallWorld) =>
    hook({ ...small.gitLab.jobsById.get(A)!, status: "success", runnerId: RA });

  it("follows a Lambda runner that is over with its job", async () => {
    const small = await running([]);
    expect(await small.stop(ended(small))).toMatchObject([
      { kind: "unregistered", freed: { kind: "slot", classKey: "LAMBDA#default" } },
    ]);
    expect(small.gitLab.calls).toEqual(["createRunner"]);
  });

  it("I-3: ends no instance before its own end, and follows it then", async () => {
    const small = await running(["ec2"]);
    expect(await small.stop(ended(small))).toMatchObject([{ kind: "left" }]);
    expect(attempt(small).state).toBe("ENDED");
    expect(small.ledger.taken(STACK)).toBe(1);
    const { resourceId } = await runner(small);
    await small.stop({ runnerId: "", resourceId, reason: "instance-terminated" });
    expect((await runner(small)).state).toBe("GONE");
    expect(small.ledger.taken(STACK)).toBe(0);
  });

  it("I-23: ends an instance past its lifetime", async () => {
    const small = await running(["ec2"]);
    small.clock.advance(82 * MINUTE);
    expect(await small.stop({ runnerId: RA, resourceId: "", reason: "" })).toMatchObject([
      { kind: "terminated" },
    ]);
  });
});
