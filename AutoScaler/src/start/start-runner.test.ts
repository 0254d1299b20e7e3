import fc from "fast-check";
import { ConfigurationError, ThrottledError, TransientError } from "../../../Core/errors";
import { queuedProjects, queueName } from "../../../Core/ledger/queues";
import { instanceLogStream } from "../../../Core/log-stream";
import type { Dependencies } from "../dependencies";
import { type Launch, STACK } from "../ports";
import { keepFakePrices } from "../testing/fakes/fake-prices";
import { interleaved } from "../testing/fakes/interleaved";
import { interrupted } from "../testing/fakes/interrupted";
import {
  detailOf,
  type TestSystem,
  type TestSystemOptions,
  testSystem,
  webhook,
  workflows,
} from "../testing/fakes/test-system";
import { LAUNCH_TIMEOUT_SECONDS } from "../timing";

const attempts = (system: TestSystem) =>
  [...system.ledger.items.values()].filter((item) => item.kind === "attempt");
const runners = (system: TestSystem) =>
  [...system.ledger.items.values()].filter((item) => item.kind === "runner");

const started = async (options: TestSystemOptions = {}, tags = ["ec2"]) => {
  const system = testSystem(options);
  const job = system.gitLab.addJob({ id: 7, tags });
  return { system, job, outcome: await system.start(webhook(job)) };
};

const queuesOf = async (system: TestSystem): Promise<readonly string[]> =>
  (await queuedProjects(system.ledger, 9)).flatMap(({ projectId, queues }) =>
    queues.map((kind) => queueName(projectId, kind)),
  );

type Refused = Extract<Launch, { kind: "refused" }>;
const refusal = (kind: Refused["refusal"]): Refused => ({
  kind: "refused",
  refusal: kind,
  message: `no: ${kind}`,
});

describe("a start", () => {
  it("I-14: asks GitLab for a runner of the job's project with exactly its tags and a bounded time", async () => {
    const { system } = await started({}, ["zeta", "arm", "zeta"]);
    expect(system.gitLab.created).toEqual([
      {
        id: 9001,
        projectId: 1,
        description: "glr test job 7 attempt 1",
        tags: ["arm", "zeta"],
        maximumTimeoutSeconds: 900,
        accessLevel: "not_protected",
      },
    ]);
  });

  it("T-6 I-14: asks for a runner for protected refs alone when the job's is one", async () => {
    const system = testSystem();
    system.gitLab.protectedRefs.add("1 main");
    await system.start(webhook(system.gitLab.addJob({ id: 7, ref: "main" })));
    await system.start(webhook(system.gitLab.addJob({ id: 8, ref: "feature" })));
    expect(system.gitLab.created.map(({ accessLevel }) => accessLevel)).toEqual([
      "ref_protected",
      "not_protected",
    ]);
  });

  it("stores each step before the next and moves the row to the instance's key", async () => {
    const { system, outcome } = await started();
    const [instanceId] = [...system.ec2.launched.values()];
    expect(outcome).toMatchObject({ kind: "launched", runnerId: 9001, resourceId: instanceId });
    expect(attempts(system)).toMatchObject([
      { state: "LAUNCHED", runnerId: 9001, resourceId: instanceId, market: "spot" },
    ]);
    expect(Object.keys(attempts(system)[0]!.times)).toEqual(["CLAIMED", "CREATED", "LAUNCHED"]);
    expect(runners(system)).toMatchObject([{ state: "STARTING", slot: expect.anything() }]);
    expect(attempts(system)[0]).not.toHaveProperty("slot");
    expect(runners(system)[0]).not.toHaveProperty("lease");
  });

  it("prices the runner by what was last kept: spot by its zone, a function by its size and request", async () => {
    const system = testSystem();
    await keepFakePrices(system.dependencies, system.routing);
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    await system.start(webhook(system.gitLab.addJob({ id: 8 })));
    expect(attempts(system)[0]).toMatchObject({ priceSource: "spot-history" });
    // 0.4 of 0.091 in the first zone.
    expect(attempts(system)[0]?.pricePerHour).toBeCloseTo(0.0364, 10);
    const [, ofFunction] = runners(system);
    expect(ofFunction).toMatchObject({
      provider: "LAMBDA",
      priceSource: "price-list",
      pricePerRequest: 0.0000002,
    });
    expect(ofFunction?.pricePerHour).toBeCloseTo((1_769 / 1_024) * 0.0000133334 * 3_600, 10);
  });

  it("starts a runner of unknown price where nothing is kept", async () => {
    const system = testSystem();
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(attempts(system)).toMatchObject([{ state: "LAUNCHED", market: "spot" }]);
    expect(attempts(system)[0]).not.toHaveProperty("pricePerHour");
  });

  it("gives the runner a row with its token, limits and an end", async () => {
    const { system } = await started();
    const [row] = [...system.rows.rows.values()];
    expect(row).toMatchObject({
      token: "glrt-fake-9001",
      runnerId: 9001,
      provider: "EC2",
      lifetimeSeconds: 3600,
      waitTimeoutSeconds: 120,
      deletesOwnRecord: false,
    });
    const [stored] = runners(system);
    expect(instanceLogStream("i-1", stored?.nonce ?? "")).toBe(`i-1/${row?.logStream}`);
    const waitedFor = system.clock.now() + LAUNCH_TIMEOUT_SECONDS * 1_000;
    expect(row!.ttl * 1_000).toBeGreaterThan(waitedFor);
    // A boot, the wait for a job and some minutes more.
    expect(row!.ttl * 1_000).toBeLessThan(waitedFor + 20 * 60_000);
  });

  it("gives the row the project's cache, and of a protected ref that part", async () => {
    const system = testSystem();
    system.gitLab.protectedRefs.add("1 main");
    await system.start(webhook(system.gitLab.addJob({ id: 7, ref: "main" })));
    await system.start(webhook(system.gitLab.addJob({ id: 8, ref: "feature" })));
    expect(system.cache.scopes).toMatchObject([
      { path: "protected", projectId: 1 },
      { path: "unprotected", projectId: 1 },
    ]);
    const paths = [...system.rows.rows.values()].map(({ cache }) => cache?.path);
    expect(paths).toEqual(["protected", "unprotected"]);
    // The row waits for its reader first.
    expect(system.cache.scopes[0]!.seconds).toBeGreaterThan(900);
  });

  it("starts without a cache where there is none, and says so in the log", async () => {
    const system = testSystem();
    system.cache.failure = new ConfigurationError("AssumeRole was refused");
    const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    const outcome = await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    const said = write.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("CACHE_"));
    write.mockRestore();
    expect(outcome).toMatchObject({ kind: "launched" });
    expect([...system.rows.rows.values()][0]).not.toHaveProperty("cache");
    expect(said.map((line) => JSON.parse(line))).toMatchObject([{ code: "CACHE_UNAVAILABLE", jobId: 7 }]);
  });

  it("asks for the cache while GitLab makes the runner, not after it", async () => {
    const system = testSystem();
    const order: string[] = [];
    const dependencies: Dependencies = {
      ...system.dependencies,
      gitLab: {
        ...system.dependencies.gitLab,
        createRunner: async (request) => {
          order.push("gitlab asked");
          const answer = await system.dependencies.gitLab.createRunner(request);
          await new Promise((resolve) => setImmediate(resolve));
          order.push("gitlab answered");
          return answer;
        },
      },
      cacheAccess: (scope) => {
        order.push("cache asked");
        return system.dependencies.cacheAccess(scope);
      },
    };
    const flows = workflows(dependencies, { lambda: system.lambda, ec2: system.ec2 }, system.routing);
    await flows.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(order).toEqual(["gitlab asked", "cache asked", "gitlab answered"]);
  });

  it("I-13: keeps the token out of the ledger", async () => {
    const { system } = await started();
    expect(
      JSON.stringify([...system.ledger.items.values(), ...system.ledger.stateRecords.values()]),
    ).not.toMatch(/glrt-|cache-secret|cache-token/);
  });

  it("I-2 F-12: gives one launch for a doubled event", async () => {
    const { system, job } = await started();
    await system.start(webhook(job));
    expect(system.ec2.calls).toHaveLength(1);
    expect(system.gitLab.created).toHaveLength(1);
  });

  it("I-2 I-6 I-22: gives each job one launch within the limits for any number of copies in any order of calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 4 }),
        async (scheduler, ids, limit) => {
          const system = testSystem({ totalLimit: limit, classLimit: limit });
          const slow = {
            ...system.dependencies,
            ledger: interleaved(system.ledger, scheduler),
            gitLab: interleaved(system.gitLab, scheduler),
          };
          const run = workflows(
            slow,
            { lambda: system.lambda, ec2: interleaved(system.ec2, scheduler) },
            system.routing,
          );
          const jobs = ids.map(
            (id) => system.gitLab.jobsById.get(id) ?? system.gitLab.addJob({ id, tags: ["ec2"] }),
          );
          await scheduler.waitFor(Promise.all(jobs.map((job) => run.start(webhook(job)))));
          const different = new Set(ids).size;
          expect(system.ec2.launched.size).toBe(Math.min(different, limit));
          expect(system.ledger.taken(STACK)).toBe(Math.min(different, limit));
          expect(attempts(system).filter(({ state }) => state === "WAITING")).toHaveLength(
            Math.max(0, different - limit),
          );
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 5_000 },
    );
  }, 20_000);

  it("F-5: starts nothing for a job that was cancelled before", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, status: "canceled" });
    expect(await system.start(webhook({ ...job, status: "pending" }))).toMatchObject({ kind: "nothing" });
    expect(system.ledger.writes).toBe(0);
  });

  it("launches nothing and drops the record when the job was cancelled while its runner was made", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const gitLab = interrupted(system.gitLab, "createRunner", async () => {
      system.gitLab.change(7, { status: "canceled" });
      await system.stop(webhook({ ...job, status: "canceled" }));
    });
    const run = workflows(
      { ...system.dependencies, gitLab },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );

    expect(await run.start(webhook(job))).toMatchObject({ kind: "nothing" });
    expect(system.gitLab.deleted).toEqual([9001]);
    expect(system.ec2.calls).toEqual([]);
    expect(system.ledger.taken(STACK)).toBe(0);
  });
});

describe("a start that GitLab asks to wait", () => {
  const SECOND = 1_000;

  /** A job whose runner GitLab does not make for now. */
  const throttled = async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    let asked = 0;
    const createRunner: Dependencies["gitLab"]["createRunner"] = async () => {
      asked += 1;
      throw new ThrottledError("POST /user/runners: 429", 60);
    };
    const gitLab = { ...system.gitLab, createRunner };
    const providers = { lambda: system.lambda, ec2: system.ec2 };
    const busy = workflows({ ...system.dependencies, gitLab }, providers, system.routing);
    const outcome = await busy.start(webhook(job));
    return { system, job, busy, outcome, asked: () => asked };
  };

  it("F-23: goes back into the queue without its slot, with the time until which it waits, and uses up no attempt", async () => {
    const { system, outcome, asked } = await throttled();
    expect(outcome).toEqual({ kind: "waiting", waitingFor: "gitlab" });
    const notBefore = system.clock.now() + 60 * SECOND;
    expect(attempts(system)).toMatchObject([
      { attempt: 1, state: "WAITING", waitingFor: "gitlab", notBefore },
    ]);
    expect(attempts(system)[0]).not.toHaveProperty("lease");
    expect(attempts(system)[0]).not.toHaveProperty("slot");
    expect([system.ledger.taken(STACK), asked(), system.clock.sleeps]).toEqual([0, 1, []]);
    expect(system.metrics.total("JobsFailed") + system.metrics.total("WorkflowFailures")).toBe(0);
    expect(await queuesOf(system)).toEqual(["1#EC2#default#gitlab"]);
  });

  it("F-23: is not tried again before that time, whatever event comes, and is then dispatched by the reconciler", async () => {
    const { system, job, busy, asked } = await throttled();
    system.clock.advance(59 * SECOND);
    expect(await busy.start(webhook(job))).toMatchObject({ kind: "nothing" });
    await busy.reconcile();
    expect([system.bus.events, asked()]).toEqual([[], 1]);
    system.clock.advance(SECOND);
    await busy.reconcile();
    expect(system.bus.events).toMatchObject([{ job: { id: 7, status: "pending" }, attempt: 1 }]);
    await busy.deliver(detailOf(system.bus.events[0]!));
    expect(asked()).toBe(2);
    expect(attempts(system)).toMatchObject([
      { notBefore: system.clock.now() + 60 * SECOND, times: { WAITING: system.clock.now() - 60 * SECOND } },
    ]);
    system.clock.advance(60 * SECOND);
    expect(await system.start(webhook(job))).toMatchObject({ kind: "launched" });
    expect(attempts(system)).toMatchObject([{ attempt: 1, state: "LAUNCHED" }]);
    expect(attempts(system)[0]).not.toHaveProperty("notBefore");
    expect(attempts(system)[0]).not.toHaveProperty("throttledSince");
  });

  it("F-23 I-25: is tried less and less often, and given up visibly and for good after two hours", async () => {
    const { system, busy, asked } = await throttled();
    const minutes: number[] = [];
    for (let minute = 1; minute <= 180; minute += 1) {
      system.clock.advance(60 * SECOND);
      const before = asked();
      await busy.reconcile();
      for (const event of system.bus.events.splice(0)) await busy.deliver(detailOf(event));
      if (asked() > before) minutes.push(minute);
    }
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 64, 120]);
    expect(attempts(system)).toMatchObject([{ attempt: 1, state: "FAILED", isLast: true }]);
    expect([system.metrics.total("JobsFailed"), system.ledger.taken(STACK)]).toEqual([1, 0]);
  });

  it("F-23 I-33: an implausible time holds no job", async () => {
    const { system, job } = await throttled();
    system.clock.advance(-24 * 3_600 * SECOND);
    expect(await system.start(webhook(job))).toMatchObject({ kind: "launched" });
  });
});

describe("a start without a slot", () => {
  it("P-9 I-22: waits in the queue, and the reconciler knows the queue", async () => {
    const system = testSystem({ classLimit: 0 });
    const outcome = await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toEqual({ kind: "waiting", waitingFor: "slot" });
    expect(attempts(system)).toMatchObject([{ state: "WAITING", waitingFor: "slot" }]);
    expect(await queuesOf(system)).toEqual(["1#EC2#default#slot"]);
    expect(system.gitLab.created).toEqual([]);
  });

  it("checks once more after it joined the queue, and takes a slot that was released meanwhile", async () => {
    const system = testSystem({ totalLimit: 1 });
    await system.ledger.commit([{ take: { scope: STACK, shard: 0, limit: 1 } }]);
    const ledger = interrupted(system.ledger, "commit", () =>
      system.ledger.commit([{ releaseSlot: { scope: STACK, shard: 0 } }]),
    );
    const run = workflows(
      { ...system.dependencies, ledger },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );

    await run.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));

    expect(attempts(system)).toMatchObject([{ state: "LAUNCHED" }]);
  });

  it("starts at once when a slot is freed, oldest first", async () => {
    const system = testSystem({ totalLimit: 1 });
    const jobs = [7, 8, 9].map((id) => system.gitLab.addJob({ id, tags: ["ec2"], queuedSeconds: id }));
    for (const job of jobs) await system.start(webhook(job));
    system.gitLab.change(7, { status: "canceled" });

    await system.stop(webhook({ ...jobs[0]!, status: "canceled" }));

    expect(system.bus.events).toMatchObject([
      { detailType: "GitLabJobEvent", job: { id: 9, status: "pending" } },
    ]);
  });
});

describe("the switch for new starts", () => {
  it("F-57 I-34: holds new jobs in the queue and lets runners that exist be launched", async () => {
    const { system, job } = await started({});
    system.settings.on = false;
    const other = system.gitLab.addJob({ id: 8, tags: ["ec2"] });
    expect(await system.start(webhook(other))).toEqual({ kind: "waiting", waitingFor: "starts-on" });
    expect(await system.start(webhook(job))).toMatchObject({ kind: "nothing" });
    expect(system.gitLab.created).toHaveLength(1);
  });

  it("F-57: dispatches them when it is on again", async () => {
    const system = testSystem();
    system.settings.on = false;
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    await system.start(webhook(job));
    system.settings.on = true;
    await system.start(webhook(job));
    expect(attempts(system)).toMatchObject([{ state: "LAUNCHED" }]);
    expect(attempts(system)[0]).not.toHaveProperty("waitingFor");
  });
});

describe("a start that is refused", () => {
  it("F-26: fails visibly and releases its slot when GitLab creates no runner", async () => {
    const system = testSystem();
    system.gitLab.refuses = "410 registration is disabled";
    const outcome = await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toMatchObject({ kind: "failed", freed: { kind: "slot", classKey: "EC2#default" } });
    expect(attempts(system)).toMatchObject([
      { state: "FAILED", reason: "gitlab-refused", detail: "410 registration is disabled" },
    ]);
    expect(system.ledger.taken(STACK)).toBe(0);
    expect(system.metrics.recorded).toContainEqual({
      name: "JobsFailed",
      value: 1,
      dimensions: { reason: "gitlab-refused" },
    });
  });

  it("trace 8: is no failure when the job ended meanwhile", async () => {
    const system = testSystem();
    system.gitLab.refuses = "no";
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const gitLab = interrupted(system.gitLab, "createRunner", () =>
      system.gitLab.change(7, { status: "canceled" }),
    );
    const run = workflows(
      { ...system.dependencies, gitLab },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );

    expect(await run.start(webhook(job))).toMatchObject({ kind: "nothing" });
    expect(attempts(system)).toMatchObject([{ state: "ENDED", outcome: "canceled" }]);
    expect(system.metrics.total("JobsFailed")).toBe(0);
  });

  it("fails, deletes the record and frees the slot when an operator must act", async () => {
    const system = testSystem();
    system.ec2.script.push(refusal("configuration"));
    const outcome = await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toMatchObject({
      kind: "failed",
      reason: "launch-refused",
      detail: "no: configuration",
      freed: { kind: "slot", classKey: "EC2#default" },
    });
    expect(system.gitLab.runnersById.size).toBe(0);
    expect(runners(system)).toMatchObject([{ state: "GONE", recordDeletedAt: expect.any(Number) }]);
    expect(system.rows.rows.size).toBe(0);
    expect(system.ledger.taken(STACK)).toBe(0);
  });

  it("F-42: an attempt whose function can never start keeps the reason", async () => {
    const system = testSystem();
    system.ec2.script.push({ ...refusal("configuration"), reason: "function-image-missing" });
    const outcome = await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toMatchObject({ kind: "failed", reason: "function-image-missing" });
    expect(attempts(system)).toMatchObject([{ state: "FAILED", reason: "function-image-missing" }]);
    expect(runners(system)).toMatchObject([{ state: "GONE", reason: "function-image-missing" }]);
  });

  it("F-26: keeps a record to delete when GitLab fails just then", async () => {
    const system = testSystem();
    system.ec2.script.push(refusal("configuration"));
    const gitLab = interrupted(system.gitLab, "deleteRunner", () => {
      throw new TransientError("GitLab does not answer");
    });
    const run = workflows(
      { ...system.dependencies, gitLab },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await run.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(runners(system)[0]).toMatchObject({ state: "GONE" });
    expect((await system.ledger.openRunners()).items).toHaveLength(1);
  });

  it.each(["capacity", "limit", "rate", "not-ready"] as const)(
    "F-31 F-32 F-33: keeps the runner and increments its launch round after %s, and launches it later",
    async (kind) => {
      const system = testSystem();
      const refusals = kind === "rate" ? 2 : 1;
      system.ec2.script.push(...Array<Launch>(refusals).fill(refusal(kind)));
      const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
      const outcome = await system.start(webhook(job));
      const next = kind === "rate" ? { freed: { kind: "launch" } } : {};
      expect(outcome).toEqual({ kind: "waiting", waitingFor: "launch", ...next });
      expect(attempts(system)).toMatchObject([{ state: "CREATED" }]);
      expect(runners(system)).toMatchObject([{ state: "STARTING", launchRound: 1, heldBy: kind }]);
      expect(runners(system)[0]).not.toHaveProperty("lease");
      expect(runners(system)[0]).toMatchObject({
        heldSince: expect.any(Number),
        detail: expect.stringMatching(/./),
      });
      expect(system.metrics.total("LaunchesRefused")).toBe(1);

      system.ledger.stateRecords.delete("ec2-launch-rate");
      await system.start(webhook(job));
      expect(system.ec2.calls.slice(refusals - 1)).toEqual(["7-1-0", "7-1-1"]);
      expect(attempts(system)).toMatchObject([{ state: "LAUNCHED" }]);
      for (const field of ["heldBy", "heldSince", "detail"])
        expect(runners(system)[0]).not.toHaveProperty(field);
    },
  );

  it("F-32: knows since when a launch is held by just this, and AWS's last word on it", async () => {
    const system = testSystem();
    const words = (kind: "capacity" | "limit", message: string): Launch => ({
      kind: "refused",
      refusal: kind,
      message,
    });
    system.ec2.script.push(words("capacity", "none"), words("limit", "16 vCPUs"), words("limit", "still 16"));
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const since: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      await system.start(webhook(job));
      since.push((runners(system)[0] as { readonly heldSince?: number }).heldSince);
      system.clock.advance(60_000);
    }
    expect(since[2]).toBe(since[1]);
    expect(since[1]).toBeGreaterThan(Number(since[0]));
    expect(runners(system)).toMatchObject([{ heldBy: "limit", detail: "still 16" }]);
  });

  it("I-26: holds new EC2 jobs and no Lambda job after EC2 throttled a launch", async () => {
    const system = testSystem();
    system.ec2.script.push(refusal("rate"), refusal("rate"));
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(await system.start(webhook(system.gitLab.addJob({ id: 8, tags: ["ec2"] })))).toEqual({
      kind: "waiting",
      waitingFor: "launch-rate",
    });
    expect(await system.start(webhook(system.gitLab.addJob({ id: 9 })))).toMatchObject({ kind: "launched" });
    expect(system.ec2.calls).toEqual(["7-1-0", "7-1-0"]);
  });

  it("I-26 F-33: a job whose launch was refused waits in the queue with its runner, and the job before it dispatches it", async () => {
    const system = testSystem();
    system.ec2.script.push(refusal("rate"), refusal("rate"));
    const [older, job] = [6, 7].map((id) => system.gitLab.addJob({ id, tags: ["ec2"], createdAt: id }));
    await system.start(webhook(job!));
    system.bus.events.length = 0;
    system.clock.advance(60_000);
    const { ledger } = system;
    expect(
      (await ledger.waiting("1#EC2#default#launch-rate", 9)).map(({ jobId, state }) => [jobId, state]),
    ).toEqual([[7, "CREATED"]]);
    expect((await ledger.openAttempts()).items).toEqual([]);

    // EC2 has refused nothing for a minute, and nobody is being dispatched: the reservation is the older one's.
    expect(await system.start(webhook(older!))).toMatchObject({ kind: "launched", freed: { two: true } });
    const dispatched = system.bus.events.splice(0);
    expect(dispatched).toMatchObject([{ job: { id: 7 } }]);
    for (const event of dispatched) await system.deliver(detailOf(event));

    expect(attempts(system).map(({ state }) => state)).toEqual(["LAUNCHED", "LAUNCHED"]);
    expect(attempts(system).filter(({ waitingFor }) => waitingFor !== undefined)).toEqual([]);
    expect(await ledger.waiting("1#EC2#default#launch-rate", 9)).toEqual([]);
    expect(system.gitLab.created).toHaveLength(2);
  });

  it("I-26 F-33: whoever is refused first and then launched dispatches those that were held meanwhile, not the next pass", async () => {
    const system = testSystem();
    system.ec2.script.push(refusal("rate"));
    system.clock.duringSleep = async () => {
      system.clock.duringSleep = () => undefined;
      const held = system.gitLab.addJob({ id: 8, tags: ["ec2"] });
      expect(await system.start(webhook(held))).toMatchObject({ kind: "waiting" });
    };
    const outcome = await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(outcome).toMatchObject({ kind: "launched", freed: { kind: "launch", two: true } });
  });

  it("I-26: a dispatched job dispatches the next ones as soon as it is launched, not at the next pass", async () => {
    const system = testSystem();
    system.ec2.script.push(refusal("rate"), refusal("rate"));
    const jobs = [7, 8, 9].map((id) => system.gitLab.addJob({ id, tags: ["ec2"], createdAt: id }));
    for (const job of jobs) await system.start(webhook(job));
    const [first] = system.bus.events.splice(0);

    expect(await system.deliver(detailOf(first!))).toMatchObject({
      kind: "launched",
      freed: { kind: "launch", two: true },
    });
    expect(system.bus.events).toMatchObject([{ job: { id: 8 } }, { job: { id: 9, status: "pending" } }]);
  });

  it("I-26: a job without a reservation is queued before a runner is created, with no attempt spent, and can be dispatched at any time", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    const ledger = { ...system.ledger, reserve: async () => undefined };
    const providers = { lambda: system.lambda, ec2: system.ec2 };
    const crowded = workflows({ ...system.dependencies, ledger }, providers, system.routing);

    expect(await crowded.start(webhook(job))).toEqual({ kind: "waiting", waitingFor: "launch-rate" });
    await system.reconcile();
    expect(attempts(system)).toMatchObject([{ state: "WAITING", dispatchedAt: expect.any(Number) }]);
    await crowded.deliver(detailOf(system.bus.events.splice(0)[0]!));

    expect(attempts(system)).toMatchObject([{ attempt: 1, state: "WAITING", waitingFor: "launch-rate" }]);
    expect(attempts(system)[0]).not.toHaveProperty("dispatchedAt");
    expect([system.gitLab.created, system.ec2.calls, system.ledger.taken(STACK)]).toEqual([[], [], 0]);
  });

  it("F-33: after the very first refusal tries once more, a few seconds later and with the same token", async () => {
    const system = testSystem();
    system.ec2.script.push(refusal("rate"));
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(system.ec2.calls).toEqual(["7-1-0", "7-1-0"]);
    expect(attempts(system)).toMatchObject([{ state: "LAUNCHED" }]);
    const [pause = 0] = system.clock.sleeps;
    expect(pause).toBeGreaterThanOrEqual(1_000);
    // One second, and up to four more.
    expect(pause).toBeLessThanOrEqual(5_000);
  });

  it("F-33 F-35: repeats of launches that fail together are spread over four seconds", async () => {
    const system = testSystem();
    const jobs = 20;
    for (let id = 1; id <= jobs; id += 1) {
      system.ec2.script.push("fails");
      await system.start(webhook(system.gitLab.addJob({ id, tags: ["ec2"] })));
    }
    expect(system.clock.sleeps).toHaveLength(jobs);
    const quarterOf = (pause: number): number => Math.floor((pause - 1_000) / 1_000);
    expect(new Set(system.clock.sleeps.map(quarterOf))).toEqual(new Set([0, 1, 2, 3]));
  });

  it("I-26: does not call EC2 for a job that was claimed before the refusal and comes after it", async () => {
    const system = testSystem();
    const gitLab = interrupted(system.gitLab, "createRunner", async () => {
      system.ec2.script.push(refusal("rate"), refusal("rate"));
      await system.start(webhook(system.gitLab.addJob({ id: 8, tags: ["ec2"] })));
    });
    const run = workflows(
      { ...system.dependencies, gitLab },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await run.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(system.ec2.calls).toEqual(["8-1-0", "8-1-0"]);
    expect(attempts(system).map(({ state }) => state)).toEqual(["CREATED", "CREATED"]);
  });

  it("I-25 F-36: uses three attempts, then fails visibly", async () => {
    const system = testSystem();
    system.gitLab.refuses = "the limit of 1,000 runners is reached";
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    for (let minute = 0; minute < 30; minute += 1) {
      await system.start(webhook(job));
      system.clock.advance(60_000);
    }
    expect(attempts(system).map(({ state }) => state)).toEqual(["FAILED", "FAILED", "FAILED"]);
    expect(system.gitLab.calls.filter((call) => call === "createRunner")).toHaveLength(3);
    expect(system.gitLab.created).toHaveLength(0);
  });

  it("F-36 I-2: opens one more attempt when an operator asks for it, however often that request is repeated", async () => {
    const system = testSystem();
    system.gitLab.refuses = "the limit of 1,000 runners is reached";
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    for (let minute = 0; minute < 6; minute += 1) {
      await system.start(webhook(job));
      system.clock.advance(60_000);
    }
    expect(await system.start({ ...webhook(job), again: 3 })).toMatchObject({ kind: "failed" });
    delete system.gitLab.refuses;
    expect(await system.start({ ...webhook(job), again: 3 })).toMatchObject({ kind: "nothing" });
    expect(await system.start(webhook(job))).toMatchObject({ kind: "nothing" });
    expect(await system.start({ ...webhook(job), again: 4 })).toMatchObject({ kind: "launched" });
    expect(await system.start({ ...webhook(job), again: 4 })).toMatchObject({ kind: "nothing" });
    expect(attempts(system).map(({ state }) => state)).toEqual([
      "FAILED",
      "FAILED",
      "FAILED",
      "FAILED",
      "LAUNCHED",
    ]);
    expect(attempts(system).every(({ order }) => order !== undefined && !("again" in order))).toBe(true);
    expect(system.gitLab.created).toHaveLength(1);
  });
});

describe("a start that breaks", () => {
  it("I-21 I-25: asks a GitLab that does not answer twice, and releases the lease for whoever goes on", async () => {
    const system = testSystem();
    let calls = 0;
    const createRunner = () => {
      calls += 1;
      return Promise.reject(new TransientError("GitLab does not answer"));
    };
    const run = workflows(
      { ...system.dependencies, gitLab: { ...system.gitLab, createRunner } },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    const job = system.gitLab.addJob({ id: 7, tags: ["ec2"] });
    expect(await run.start(webhook(job))).toMatchObject({ error: { name: "NoAnswerError" } });
    expect(calls).toBe(2);
    expect(attempts(system)).toMatchObject([{ state: "CLAIMED", slot: expect.anything() }]);
    expect(attempts(system)[0]).not.toHaveProperty("lease");

    await system.start(webhook(job));
    expect(attempts(system)).toMatchObject([{ state: "LAUNCHED" }]);
    expect(system.ledger.taken(STACK)).toBe(1);
  });

  it("trace 6: does not fail a job whose launch is unknown", async () => {
    const system = testSystem();
    system.ec2.script.push("lost", "fails");
    system.ec2.isVisible = false;
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(attempts(system)).toMatchObject([{ state: "CREATED" }]);
    expect(system.metrics.total("LaunchesRefused")).toBe(1);
    expect(system.metrics.total("JobsFailed")).toBe(0);
  });

  it("F-22: fails a claim visibly when the token is refused, and releases its slot", async () => {
    const system = testSystem();
    const gitLab = interrupted(system.gitLab, "createRunner", () => {
      throw new ConfigurationError("AccessToken is refused");
    });
    const run = workflows(
      { ...system.dependencies, gitLab },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await run.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(attempts(system)).toMatchObject([
      { state: "FAILED", reason: "configuration", detail: "AccessToken is refused" },
    ]);
    expect(system.ledger.taken(STACK)).toBe(0);
    expect(system.metrics.total("JobsFailed")).toBe(1);
  });

  it("keeps the record of a runner whose commit was applied although its answer was lost", async () => {
    const system = testSystem();
    let isTouched = false;
    const ledger = {
      ...system.ledger,
      commit: async (changes: Parameters<typeof system.ledger.commit>[0]) => {
        const isCreation = changes.some((change) => "bootstrap" in change);
        if (isTouched || !isCreation) return system.ledger.commit(changes);
        isTouched = true;
        await system.ledger.commit(changes);
        const [attempt] = await system.ledger.attempts(7);
        await system.ledger.commit([
          { put: { ...attempt!, version: attempt!.version + 1, detail: "touched" } },
        ]);
        throw new TransientError("the answer was lost");
      },
    };
    const run = workflows(
      { ...system.dependencies, ledger },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await run.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(system.gitLab.deleted).toEqual([]);
    expect(system.gitLab.runnersById.has(9001)).toBe(true);
  });
});

describe("payload mode", () => {
  it("takes the webhook's name and the row's tags, and creates the runner alone", async () => {
    const system = testSystem({ mode: "payload" });
    system.mappings.add({ pk: "job#build", sk: "tags#ec2", type: "EC2" });
    const job = system.gitLab.addJob({ id: 7, name: "build", tags: ["secret"] });
    await system.start(webhook(job));
    expect(system.gitLab.created).toMatchObject([{ tags: ["ec2"], projectId: 1 }]);
    expect([...system.rows.rows.values()]).toMatchObject([{ deletesOwnRecord: true }]);
    expect(system.gitLab.calls).toEqual(["createRunner"]);
  });
});
