import fc from "fast-check";
import { ConfigurationError, ThrottledError, TransientError } from "../../../Core/errors";
import type { Dependencies } from "./dependencies";
import { interleaved } from "./fakes/interleaved";
import { interrupted } from "./fakes/interrupted";
import {
  detailOf,
  hook,
  type SmallWorld,
  type SmallWorldOptions,
  smallWorld,
  workflows,
} from "./fakes/small-world";
import { type Launch, STACK } from "./ports";

const attempts = (small: SmallWorld) =>
  [...small.ledger.items.values()].filter((item) => item.kind === "attempt");
const runners = (small: SmallWorld) =>
  [...small.ledger.items.values()].filter((item) => item.kind === "runner");

const started = async (options: SmallWorldOptions = {}, tags = ["ec2"]) => {
  const small = smallWorld(options);
  const job = small.gitLab.addJob({ id: 7, tags });
  return { small, job, outcome: await small.start(hook(job)) };
};

const refusal = (kind: Extract<Launch, { kind: "refused" }>["refusal"]): Launch => ({
  kind: "refused",
  refusal: kind,
  message: `no: ${kind}`,
});

describe("a start", () => {
  it("I-14: asks GitLab for a runner of the job's project with exactly its tags and a bounded time", async () => {
    const { small } = await started({}, ["zeta", "arm", "zeta"]);
    expect(small.gitLab.created).toEqual([
      {
        id: 9001,
        projectId: 1,
        description: "glr test job 7 attempt 1",
        tags: ["arm", "zeta"],
        maximumTimeoutSeconds: 900,
      },
    ]);
  });

  it("stores each step before the next and moves the row to the instance's key", async () => {
    const { small, outcome } = await started();
    const [instanceId] = [...small.ec2.launched.values()];
    expect(outcome).toEqual({ kind: "launched", runnerId: 9001, resourceId: instanceId });
    expect(attempts(small)).toMatchObject([
      { state: "LAUNCHED", runnerId: 9001, resourceId: instanceId, market: "spot", pricePerHour: 0.04 },
    ]);
    expect(Object.keys(attempts(small)[0]!.times)).toEqual(["CLAIMED", "CREATED", "LAUNCHED"]);
    expect(runners(small)).toMatchObject([{ state: "STARTING", place: expect.anything() }]);
    expect(attempts(small)[0]).not.toHaveProperty("place");
    expect(runners(small)[0]).not.toHaveProperty("lease");
  });

  it("gives the runner a row with its token, limits and an end", async () => {
    const { small } = await started();
    const [row] = [...small.rows.rows.values()];
    expect(row).toMatchObject({
      token: "glrt-fake-9001",
      runnerId: 9001,
      carrier: "EC2",
      lifetimeSeconds: 3600,
      waitTimeoutSeconds: 120,
      deletesOwnRecord: false,
    });
    expect(row!.ttl * 1000).toBeGreaterThan(small.clock.now() + 120 * 60_000);
    expect(row!.ttl * 1000).toBeLessThan(small.clock.now() + 140 * 60_000);
  });

  it("I-13: keeps the token out of the ledger", async () => {
    const { small } = await started();
    expect(JSON.stringify([...small.ledger.items.values(), ...small.ledger.notes.values()])).not.toContain(
      "glrt-",
    );
  });

  it("I-2 F-12: gives one launch for a doubled event", async () => {
    const { small, job } = await started();
    await small.start(hook(job));
    expect(small.ec2.calls).toHaveLength(1);
    expect(small.gitLab.created).toHaveLength(1);
  });

  it("I-2 I-6 I-22: gives each job one launch within the caps for any number of copies in any order of calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 4 }),
        async (scheduler, ids, cap) => {
          const small = smallWorld({ stackCap: cap, classCap: cap });
          const slow = {
            ...small.world,
            ledger: interleaved(small.ledger, scheduler),
            gitLab: interleaved(small.gitLab, scheduler),
          };
          const run = workflows(
            slow,
            { lambda: small.lambda, ec2: interleaved(small.ec2, scheduler) },
            small.routing,
          );
          const jobs = ids.map(
            (id) => small.gitLab.jobsById.get(id) ?? small.gitLab.addJob({ id, tags: ["ec2"] }),
          );
          await scheduler.waitFor(Promise.all(jobs.map((job) => run.start(hook(job)))));
          const different = new Set(ids).size;
          expect(small.ec2.launched.size).toBe(Math.min(different, cap));
          expect(small.ledger.taken(STACK)).toBe(Math.min(different, cap));
          expect(attempts(small).filter(({ state }) => state === "WAITING")).toHaveLength(
            Math.max(0, different - cap),
          );
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 5_000 },
    );
  }, 20_000);

  it("F-5: starts nothing for a job that was cancelled before", async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 7, status: "canceled" });
    expect(await small.start(hook({ ...job, status: "pending" }))).toMatchObject({ kind: "nothing" });
    expect(small.ledger.writes).toBe(0);
  });

  it("launches nothing and drops the record when the job was cancelled while its runner was made", async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const gitLab = interrupted(small.gitLab, "createRunner", async () => {
      small.gitLab.change(7, { status: "canceled" });
      await small.stop(hook({ ...job, status: "canceled" }));
    });
    const run = workflows(
      { ...small.world, gitLab },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );

    expect(await run.start(hook(job))).toMatchObject({ kind: "nothing" });
    expect(small.gitLab.deleted).toEqual([9001]);
    expect(small.ec2.calls).toEqual([]);
    expect(small.ledger.taken(STACK)).toBe(0);
  });
});

describe("a start that GitLab asks to wait", () => {
  const SECOND = 1_000;

  /** A job whose runner GitLab does not make for now. */
  const throttled = async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
    let asked = 0;
    const createRunner: Dependencies["gitLab"]["createRunner"] = async () => {
      asked += 1;
      throw new ThrottledError("POST /user/runners: 429", 60);
    };
    const gitLab = { ...small.gitLab, createRunner };
    const carriers = { lambda: small.lambda, ec2: small.ec2 };
    const busy = workflows({ ...small.world, gitLab }, carriers, small.routing);
    const outcome = await busy.start(hook(job));
    return { small, job, busy, outcome, asked: () => asked };
  };

  it("F-23: goes back in line without its place, says until when, and uses no attempt up", async () => {
    const { small, outcome, asked } = await throttled();
    expect(outcome).toEqual({ kind: "waiting", waitingFor: "gitlab" });
    const notBefore = small.clock.now() + 60 * SECOND;
    expect(attempts(small)).toMatchObject([
      { attempt: 1, state: "WAITING", waitingFor: "gitlab", notBefore },
    ]);
    expect(attempts(small)[0]).not.toHaveProperty("lease");
    expect(attempts(small)[0]).not.toHaveProperty("place");
    expect([small.ledger.taken(STACK), asked(), small.clock.sleeps]).toEqual([0, 1, []]);
    expect(small.metrics.total("JobsFailed") + small.metrics.total("WorkflowFailures")).toBe(0);
    expect(small.ledger.notes.get("classes")?.value).toEqual(["EC2#default"]);
  });

  it("F-23: is not tried again before that time, whoever tells of the job, and is let go by the sweep then", async () => {
    const { small, job, busy, asked } = await throttled();
    small.clock.advance(59 * SECOND);
    expect(await busy.start(hook(job))).toMatchObject({ kind: "nothing" });
    await busy.sweep();
    expect([small.bus.events, asked()]).toEqual([[], 1]);
    small.clock.advance(SECOND);
    await busy.sweep();
    expect(small.bus.events).toMatchObject([{ job: { id: 7, status: "pending" }, attempt: 1 }]);
    await busy.deliver(detailOf(small.bus.events[0]!));
    expect(asked()).toBe(2);
    expect(attempts(small)).toMatchObject([
      { notBefore: small.clock.now() + 60 * SECOND, times: { WAITING: small.clock.now() - 60 * SECOND } },
    ]);
    small.clock.advance(60 * SECOND);
    expect(await small.start(hook(job))).toMatchObject({ kind: "launched" });
    expect(attempts(small)).toMatchObject([{ attempt: 1, state: "LAUNCHED" }]);
    expect(attempts(small)[0]).not.toHaveProperty("notBefore");
    expect(attempts(small)[0]).not.toHaveProperty("throttledSince");
  });

  it("F-23 I-25: is tried less and less often, and given up visibly and for good after two hours", async () => {
    const { small, busy, asked } = await throttled();
    const minutes: number[] = [];
    for (let minute = 1; minute <= 180; minute += 1) {
      small.clock.advance(60 * SECOND);
      const before = asked();
      await busy.sweep();
      for (const event of small.bus.events.splice(0)) await busy.deliver(detailOf(event));
      if (asked() > before) minutes.push(minute);
    }
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 64, 120]);
    expect(attempts(small)).toMatchObject([{ attempt: 1, state: "FAILED", isLast: true }]);
    expect([small.metrics.total("JobsFailed"), small.ledger.taken(STACK)]).toEqual([1, 0]);
  });

  it("F-23 I-33: a time that no GitLab would name holds no job", async () => {
    const { small, job } = await throttled();
    small.clock.advance(-24 * 3_600 * SECOND);
    expect(await small.start(hook(job))).toMatchObject({ kind: "launched" });
  });
});

describe("a start without a place", () => {
  it("P-9 I-22: waits in line, and the sweep knows the class", async () => {
    const small = smallWorld({ classCap: 0 });
    const outcome = await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toEqual({ kind: "waiting", waitingFor: "slot" });
    expect(attempts(small)).toMatchObject([{ state: "WAITING", waitingFor: "slot" }]);
    expect(small.ledger.notes.get("classes")?.value).toEqual(["EC2#default"]);
    expect(small.gitLab.created).toEqual([]);
  });

  it("looks once more after it joined the line: a place that was freed meanwhile is taken", async () => {
    const small = smallWorld({ stackCap: 1 });
    await small.ledger.commit([{ take: { scope: STACK, shard: 0, limit: 1 } }]);
    const ledger = interrupted(small.ledger, "commit", () =>
      small.ledger.commit([{ giveBack: { scope: STACK, shard: 0 } }]),
    );
    const run = workflows(
      { ...small.world, ledger },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );

    await run.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));

    expect(attempts(small)).toMatchObject([{ state: "LAUNCHED" }]);
  });

  it("starts at once when a place is freed, oldest first", async () => {
    const small = smallWorld({ stackCap: 1 });
    const jobs = [7, 8, 9].map((id) => small.gitLab.addJob({ id, tags: ["ec2"], createdAt: 1000 - id }));
    for (const job of jobs) await small.start(hook(job));
    small.gitLab.change(7, { status: "canceled" });

    await small.stop(hook({ ...jobs[0]!, status: "canceled" }));

    expect(small.bus.events).toMatchObject([
      { detailType: "GitLabJobEvent", job: { id: 9, status: "pending" } },
    ]);
  });
});

describe("the switch for new starts", () => {
  it("F-57 I-34: holds new jobs in line and lets runners that exist be launched", async () => {
    const { small, job } = await started({});
    small.settings.on = false;
    const other = small.gitLab.addJob({ id: 8, tags: ["ec2"] });
    expect(await small.start(hook(other))).toEqual({ kind: "waiting", waitingFor: "starts-on" });
    expect(await small.start(hook(job))).toMatchObject({ kind: "nothing" });
    expect(small.gitLab.created).toHaveLength(1);
  });

  it("F-57: lets them go when it is on again", async () => {
    const small = smallWorld();
    small.settings.on = false;
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
    await small.start(hook(job));
    small.settings.on = true;
    await small.start(hook(job));
    expect(attempts(small)).toMatchObject([{ state: "LAUNCHED" }]);
    expect(attempts(small)[0]).not.toHaveProperty("waitingFor");
  });
});

describe("a start that is refused", () => {
  it("F-26: fails visibly and gives its place back when GitLab makes no runner", async () => {
    const small = smallWorld();
    small.gitLab.refuses = "410 registration is disabled";
    const outcome = await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toMatchObject({ kind: "failed", freed: { kind: "slot", classKey: "EC2#default" } });
    expect(attempts(small)).toMatchObject([
      { state: "FAILED", reason: "gitlab-refused", detail: "410 registration is disabled" },
    ]);
    expect(small.ledger.taken(STACK)).toBe(0);
    expect(small.metrics.recorded).toContainEqual({
      name: "JobsFailed",
      value: 1,
      dimensions: { reason: "gitlab-refused" },
    });
  });

  it("trace 8: is no failure when the job ended meanwhile", async () => {
    const small = smallWorld();
    small.gitLab.refuses = "no";
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const gitLab = interrupted(small.gitLab, "createRunner", () =>
      small.gitLab.change(7, { status: "canceled" }),
    );
    const run = workflows(
      { ...small.world, gitLab },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );

    expect(await run.start(hook(job))).toMatchObject({ kind: "nothing" });
    expect(attempts(small)).toMatchObject([{ state: "ENDED", outcome: "canceled" }]);
    expect(small.metrics.total("JobsFailed")).toBe(0);
  });

  it("fails, deletes the record and frees the place when an operator must act", async () => {
    const small = smallWorld();
    small.ec2.script.push(refusal("configuration"));
    const outcome = await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toMatchObject({
      kind: "failed",
      reason: "launch-refused",
      detail: "no: configuration",
      freed: { kind: "slot", classKey: "EC2#default" },
    });
    expect(small.gitLab.runnersById.size).toBe(0);
    expect(runners(small)).toMatchObject([{ state: "GONE", recordDeletedAt: expect.any(Number) }]);
    expect(small.rows.rows.size).toBe(0);
    expect(small.ledger.taken(STACK)).toBe(0);
  });

  it("F-26: keeps a record to delete when GitLab fails just then", async () => {
    const small = smallWorld();
    small.ec2.script.push(refusal("configuration"));
    const gitLab = interrupted(small.gitLab, "deleteRunner", () => {
      throw new TransientError("GitLab does not answer");
    });
    const run = workflows(
      { ...small.world, gitLab },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );
    await run.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(runners(small)[0]).toMatchObject({ state: "GONE" });
    expect((await small.ledger.openRunners()).items).toHaveLength(1);
  });

  it.each(["capacity", "limit", "rate"] as const)(
    "F-31 F-32 F-33: keeps the runner and raises the round after %s, and launches it later",
    async (kind) => {
      const small = smallWorld();
      const refusals = kind === "rate" ? 2 : 1;
      small.ec2.script.push(...Array<Launch>(refusals).fill(refusal(kind)));
      const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
      const outcome = await small.start(hook(job));
      const next = kind === "rate" ? { freed: { kind: "launch" } } : {};
      expect(outcome).toEqual({ kind: "waiting", waitingFor: "launch", ...next });
      expect(attempts(small)).toMatchObject([{ state: "CREATED" }]);
      expect(runners(small)).toMatchObject([{ state: "STARTING", launchRound: 1, heldBy: kind }]);
      expect(runners(small)[0]).not.toHaveProperty("lease");
      expect(small.metrics.total("LaunchesRefused")).toBe(1);

      small.ledger.notes.delete("ec2-pace");
      await small.start(hook(job));
      expect(small.ec2.calls.slice(refusals - 1)).toEqual(["7-1-0", "7-1-1"]);
      expect(attempts(small)).toMatchObject([{ state: "LAUNCHED" }]);
    },
  );

  it("I-26: holds new EC2 jobs back after EC2 refused one for the number of calls, and no Lambda job", async () => {
    const small = smallWorld();
    small.ec2.script.push(refusal("rate"), refusal("rate"));
    await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(await small.start(hook(small.gitLab.addJob({ id: 8, tags: ["ec2"] })))).toEqual({
      kind: "waiting",
      waitingFor: "launch-rate",
    });
    expect(await small.start(hook(small.gitLab.addJob({ id: 9 })))).toMatchObject({ kind: "launched" });
    expect(small.ec2.calls).toEqual(["7-1-0", "7-1-0"]);
  });

  it("I-26 F-33: a job whose launch was refused waits in line with its runner, and is let go by who came before it", async () => {
    const small = smallWorld();
    small.ec2.script.push(refusal("rate"), refusal("rate"));
    const [older, job] = [6, 7].map((id) => small.gitLab.addJob({ id, tags: ["ec2"], createdAt: id }));
    await small.start(hook(job!));
    small.bus.events.length = 0;
    small.clock.advance(60_000);
    const { ledger } = small;
    expect((await ledger.waiting("EC2#default", 9)).map(({ jobId, state }) => [jobId, state])).toEqual([
      [7, "CREATED"],
    ]);
    expect((await ledger.openAttempts()).items).toEqual([]);

    await small.start(hook(older!));
    await small.sweep();
    const woken = small.bus.events.splice(0);
    expect(woken).toHaveLength(2);
    for (const event of woken) await small.deliver(detailOf(event));

    expect(attempts(small).map(({ state }) => state)).toEqual(["LAUNCHED", "LAUNCHED"]);
    expect(attempts(small).filter(({ waitingFor }) => waitingFor !== undefined)).toEqual([]);
    expect(await ledger.waiting("EC2#default", 9)).toEqual([]);
    expect(small.gitLab.created).toHaveLength(2);
  });

  it("I-26: one that was let go lets the next one go when it is launched, at once and not at the next sweep", async () => {
    const small = smallWorld();
    small.ec2.script.push(refusal("rate"), refusal("rate"));
    const jobs = [7, 8, 9].map((id) => small.gitLab.addJob({ id, tags: ["ec2"], createdAt: id }));
    for (const job of jobs) await small.start(hook(job));
    const [first] = small.bus.events.splice(0);

    expect(await small.deliver(detailOf(first!))).toMatchObject({
      kind: "launched",
      freed: { kind: "launch" },
    });
    expect(small.bus.events).toMatchObject([{ job: { id: 8, status: "pending" } }]);
  });

  it("I-26: without a turn goes in line before a runner is made, with no attempt spent, to be let go at any time", async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const ledger = { ...small.ledger, nextMoment: async () => undefined };
    const carriers = { lambda: small.lambda, ec2: small.ec2 };
    const crowded = workflows({ ...small.world, ledger }, carriers, small.routing);

    expect(await crowded.start(hook(job))).toEqual({ kind: "waiting", waitingFor: "launch-rate" });
    await small.sweep();
    expect(attempts(small)).toMatchObject([{ state: "WAITING", wokenAt: expect.any(Number) }]);
    await crowded.deliver(detailOf(small.bus.events.splice(0)[0]!));

    expect(attempts(small)).toMatchObject([{ attempt: 1, state: "WAITING", waitingFor: "launch-rate" }]);
    expect(attempts(small)[0]).not.toHaveProperty("wokenAt");
    expect([small.gitLab.created, small.ec2.calls, small.ledger.taken(STACK)]).toEqual([[], [], 0]);
  });

  it("F-33: tries once more after the first refusal of all, a few seconds later and with the same token", async () => {
    const small = smallWorld();
    small.ec2.script.push(refusal("rate"));
    await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(small.ec2.calls).toEqual(["7-1-0", "7-1-0"]);
    expect(attempts(small)).toMatchObject([{ state: "LAUNCHED" }]);
    const [pause = 0] = small.clock.sleeps;
    expect(pause).toBeGreaterThanOrEqual(1_000);
    expect(pause).toBeLessThanOrEqual(5_000);
  });

  it("I-26: does not call EC2 for a job that was claimed before the refusal and comes after it", async () => {
    const small = smallWorld();
    const gitLab = interrupted(small.gitLab, "createRunner", async () => {
      small.ec2.script.push(refusal("rate"), refusal("rate"));
      await small.start(hook(small.gitLab.addJob({ id: 8, tags: ["ec2"] })));
    });
    const run = workflows(
      { ...small.world, gitLab },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );
    await run.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(small.ec2.calls).toEqual(["8-1-0", "8-1-0"]);
    expect(attempts(small).map(({ state }) => state)).toEqual(["CREATED", "CREATED"]);
  });

  it("I-25 F-36: uses three attempts, then fails visibly", async () => {
    const small = smallWorld();
    small.gitLab.refuses = "the limit of 1,000 runners is reached";
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
    for (let minute = 0; minute < 30; minute += 1) {
      await small.start(hook(job));
      small.clock.advance(60_000);
    }
    expect(attempts(small).map(({ state }) => state)).toEqual(["FAILED", "FAILED", "FAILED"]);
    expect(small.gitLab.calls.filter((call) => call === "createRunner")).toHaveLength(3);
    expect(small.gitLab.created).toHaveLength(0);
  });
});

describe("a start that breaks", () => {
  it("I-21 I-25: asks a GitLab that does not answer twice, and gives the lease back for whoever goes on", async () => {
    const small = smallWorld();
    let calls = 0;
    const createRunner = () => {
      calls += 1;
      return Promise.reject(new TransientError("GitLab does not answer"));
    };
    const run = workflows(
      { ...small.world, gitLab: { ...small.gitLab, createRunner } },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );
    const job = small.gitLab.addJob({ id: 7, tags: ["ec2"] });
    expect(await run.start(hook(job))).toMatchObject({ error: { name: "NoAnswerError" } });
    expect(calls).toBe(2);
    expect(attempts(small)).toMatchObject([{ state: "CLAIMED", place: expect.anything() }]);
    expect(attempts(small)[0]).not.toHaveProperty("lease");

    await small.start(hook(job));
    expect(attempts(small)).toMatchObject([{ state: "LAUNCHED" }]);
    expect(small.ledger.taken(STACK)).toBe(1);
  });

  it("trace 6: does not fail a job whose launch is unknown", async () => {
    const small = smallWorld();
    small.ec2.script.push("lost", "fails");
    small.ec2.isVisible = false;
    await small.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(attempts(small)).toMatchObject([{ state: "CREATED" }]);
    expect(small.metrics.total("LaunchesRefused")).toBe(1);
    expect(small.metrics.total("JobsFailed")).toBe(0);
  });

  it("F-22: fails a claim visibly when the token is refused, and gives its place back", async () => {
    const small = smallWorld();
    const gitLab = interrupted(small.gitLab, "createRunner", () => {
      throw new ConfigurationError("AccessToken is refused");
    });
    const run = workflows(
      { ...small.world, gitLab },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );
    await run.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(attempts(small)).toMatchObject([
      { state: "FAILED", reason: "configuration", detail: "AccessToken is refused" },
    ]);
    expect(small.ledger.taken(STACK)).toBe(0);
    expect(small.metrics.total("JobsFailed")).toBe(1);
  });

  it("keeps the record of a runner whose commit was applied although its answer was lost", async () => {
    const small = smallWorld();
    let isTouched = false;
    const ledger = {
      ...small.ledger,
      commit: async (changes: Parameters<typeof small.ledger.commit>[0]) => {
        const isCreation = changes.some((change) => "bootstrap" in change);
        if (isTouched || !isCreation) return small.ledger.commit(changes);
        isTouched = true;
        await small.ledger.commit(changes);
        const [attempt] = await small.ledger.attempts(7);
        await small.ledger.commit([
          { put: { ...attempt!, version: attempt!.version + 1, detail: "touched" } },
        ]);
        throw new TransientError("the answer was lost");
      },
    };
    const run = workflows(
      { ...small.world, ledger },
      { lambda: small.lambda, ec2: small.ec2 },
      small.routing,
    );
    await run.start(hook(small.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(small.gitLab.deleted).toEqual([]);
    expect(small.gitLab.runnersById.has(9001)).toBe(true);
  });
});

describe("payload mode", () => {
  it("takes the hook's name and the row's tags, and creates the runner alone", async () => {
    const small = smallWorld({ mode: "payload" });
    small.mappings.add({ pk: "job#build", sk: "tags#ec2", type: "EC2" });
    const job = small.gitLab.addJob({ id: 7, name: "build", tags: ["secret"] });
    await small.start(hook(job));
    expect(small.gitLab.created).toMatchObject([{ tags: ["ec2"], projectId: 1 }]);
    expect([...small.rows.rows.values()]).toMatchObject([{ deletesOwnRecord: true }]);
    expect(small.gitLab.calls).toEqual(["createRunner"]);
  });
});
