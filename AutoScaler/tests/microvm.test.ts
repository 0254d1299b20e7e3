import type { Attempt, StartedRunner } from "../../Core/model/ledger";
import type { Launch } from "../src/ports";
import {
  type TestSystem,
  type TestSystemOptions,
  testSystem,
  webhook,
} from "../src/testing/fakes/test-system";

/** A job on a MicroVM from its webhook to its end, with and without a fallback. The rules over the fakes. */

const MINUTE = 60_000;
const JOB = 7;

const refused = (refusal: Extract<Launch, { kind: "refused" }>["refusal"]): Launch => ({
  kind: "refused",
  refusal,
  message: `no: ${refusal}`,
});

interface Options extends TestSystemOptions {
  /** Of the class. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

const prepare = ({ fields = {}, ...options }: Options = {}): TestSystem => {
  const system = testSystem(options);
  system.mappings.add({ pk: "job#*", sk: "tags#vm", type: "MICROVM", class: "vm" });
  system.mappings.add({ pk: "class#vm", sk: "class", type: "MICROVM", ...fields });
  return system;
};
const withFallback = (fallback = "EC2"): TestSystem => prepare({ fields: { fallback } });

const addJob = (system: TestSystem, id = JOB, ref = "feature") =>
  system.gitLab.addJob({ id, tags: ["vm"], ref });
const start = (system: TestSystem, id = JOB) => system.start(webhook(addJob(system, id)));
const again = (system: TestSystem) => system.start(webhook(system.gitLab.jobsById.get(JOB)!));

const items = (system: TestSystem) => [...system.ledger.items.values()];
const attempts = (system: TestSystem): readonly Attempt[] =>
  items(system).filter((item): item is Attempt => item.kind === "attempt");
const runnerOf = (system: TestSystem): StartedRunner =>
  items(system).find((item): item is StartedRunner => item.kind === "runner")!;
const taken = async (system: TestSystem, scope: string): Promise<number> =>
  (await system.ledger.slots(scope)).taken.reduce((sum, one) => sum + one, 0);

describe("a job on a MicroVM", () => {
  it("I-13: is launched with what is stored, and its row is there no longer than its launch takes", async () => {
    const system = prepare();
    expect(await start(system)).toMatchObject({ kind: "launched", resourceId: "microvm-7-1-0" });
    expect(runnerOf(system)).toMatchObject({
      provider: "MICROVM",
      classKey: "MICROVM#vm",
      microVmImage: { imageVersion: "1.0" },
    });
    expect(system.rows.rows.size).toBe(0);
  });

  it("I-18: a repeat in the same round has the image of its first call, the next round the newest one", async () => {
    const system = prepare();
    const [[size, image]] = [...system.microVmImages.images] as [
      [2048, { imageArn: string; imageVersion: string }],
    ];
    system.microVm.script.push("fails", "fails");
    await start(system);
    system.microVmImages.images.set(size, { ...image, imageVersion: "2.0" });
    expect(runnerOf(system)).toMatchObject({ heldBy: "no-answer", microVmImage: { imageVersion: "1.0" } });
    system.clock.advance(10 * MINUTE);
    system.microVm.script.push(refused("capacity"));
    await again(system);
    expect(runnerOf(system)).toMatchObject({ launchRound: 1, microVmImage: { imageVersion: "2.0" } });
  });

  it("I-19: a lost answer is adopted by the same token", async () => {
    const system = prepare();
    system.microVm.script.push("lost");
    expect(await start(system)).toMatchObject({ kind: "launched", resourceId: "microvm-7-1-0" });
    expect(system.microVm.calls).toEqual(["7-1-0", "7-1-0"]);
    expect(system.microVms.vms.size).toBe(1);
  });

  it("I-19: a throttled repeat of a lost answer proves nothing: it keeps its token, and falls back on nobody", async () => {
    const system = withFallback();
    system.microVm.script.push("lost", refused("rate"));
    await start(system);
    expect(runnerOf(system)).toMatchObject({ provider: "MICROVM", heldBy: "no-answer", launchRound: 0 });
    system.clock.advance(10 * MINUTE);
    expect(await again(system)).toMatchObject({ kind: "launched", resourceId: "microvm-7-1-0" });
  });

  it.each(["capacity", "limit"] as const)("F-43: waits for %s without a fallback", async (refusal) => {
    const system = prepare();
    system.microVm.script.push(refused(refusal));
    expect(await start(system)).toEqual({ kind: "waiting", waitingFor: "launch" });
    expect(runnerOf(system)).toMatchObject({ heldBy: refusal, launchRound: 1 });
    system.clock.advance(10 * MINUTE);
    expect(await again(system)).toMatchObject({ kind: "launched", resourceId: "microvm-7-1-1" });
  });

  it("F-33: waits in its own queue while its own rate is refused, and EC2's jobs do not", async () => {
    const system = prepare();
    system.microVm.script.push(refused("rate"), refused("rate"));
    expect(await start(system)).toMatchObject({ waitingFor: "launch", freed: { provider: "MICROVM" } });
    expect(await start(system, 8)).toEqual({ kind: "waiting", waitingFor: "launch-rate" });
    expect(await system.start(webhook(system.gitLab.addJob({ id: 9, tags: ["ec2"] })))).toMatchObject({
      kind: "launched",
    });
  });

  it("fails where there is no image of its size and no fallback, and says why", async () => {
    const system = prepare({ fields: { memoryMiB: 8192 } });
    system.microVm.script.push({ ...refused("configuration"), reason: "microvm-image-missing" } as Launch);
    expect(await start(system)).toMatchObject({ kind: "failed", reason: "microvm-image-missing" });
    expect(system.rows.rows.size).toBe(0);
  });
});

describe("a job whose class falls back", () => {
  it.each(["capacity", "limit", "configuration"] as const)(
    "I-2 F-43: on %s has the same attempt, record and slot with the other provider",
    async (refusal) => {
      const system = withFallback();
      system.microVm.script.push(refused(refusal));
      const outcome = await start(system);
      expect(outcome).toMatchObject({ kind: "launched", resourceId: expect.stringMatching(/^i-/) });
      expect(attempts(system)).toMatchObject([
        { attempt: 1, state: "LAUNCHED", classKey: "EC2#default", order: { fallbackBy: refusal } },
      ]);
      expect(runnerOf(system)).toMatchObject({ provider: "EC2", classKey: "EC2#default", runnerId: 9001 });
      expect(system.gitLab.created).toHaveLength(1);
      expect([
        await taken(system, "MICROVM#vm"),
        await taken(system, "EC2#default"),
        await taken(system, "stack"),
      ]).toEqual([0, 1, 1]);
      const [row] = [...system.rows.rows.values()];
      expect(row).toMatchObject({
        provider: "EC2",
        token: expect.stringMatching(/./),
        logStream: expect.anything(),
      });
    },
  );

  it.each([true, undefined])(
    "T-36: has privileged containers there as its class says: %s",
    async (privileged) => {
      const system = prepare({ fields: { fallback: "EC2", ...(privileged ? { privileged } : {}) } });
      system.microVm.script.push(refused("limit"));
      await start(system);
      expect(runnerOf(system)).toMatchObject({ provider: "EC2", classKey: "EC2#default" });
      expect([...system.rows.rows.values()]).toMatchObject([{ privileged: privileged ?? false }]);
    },
  );

  it("falls back to the Lambda runner too, for as long as that may run", async () => {
    const system = withFallback("LAMBDA");
    system.microVm.script.push(refused("limit"));
    expect(await start(system)).toMatchObject({ kind: "launched", resourceId: "lambda:9001" });
    expect(runnerOf(system)).toMatchObject({
      provider: "LAMBDA",
      order: { runnerClass: { lifetimeSeconds: 900 }, functionNamedBy: "AutoScaler's DefaultRunnerArn" },
    });
    expect(system.rows.rows.get(runnerOf(system).nonce)).toMatchObject({
      provider: "LAMBDA",
      lifetimeSeconds: 900,
    });
  });

  it("I-2: a start that stopped after it fell back is gone on with by the stored runner's provider", async () => {
    const system = withFallback();
    system.microVm.script.push(refused("limit"));
    system.ec2.script.push("fails");
    await start(system);
    expect(runnerOf(system)).toMatchObject({ provider: "EC2", heldBy: "no-answer" });
    system.clock.advance(10 * MINUTE);
    expect(await again(system)).toMatchObject({ kind: "launched", resourceId: expect.stringMatching(/^i-/) });
    expect(system.microVm.calls).toHaveLength(1);
    expect(attempts(system)).toHaveLength(1);
  });

  it("I-22: waits where the fallback's class has no slot", async () => {
    const system = prepare({ classLimit: 1, fields: { fallback: "EC2" } });
    await system.start(webhook(system.gitLab.addJob({ id: 1, tags: ["ec2"] })));
    system.microVm.script.push(refused("limit"));
    expect(await start(system)).toEqual({ kind: "waiting", waitingFor: "launch" });
    expect(await taken(system, "EC2#default")).toBe(1);
  });

  it("tells what the wait was for, and not that its start took so long", async () => {
    const system = withFallback();
    const begun = system.clock.now();
    system.microVm.launch = async () => {
      system.clock.advance(2_000);
      return refused("limit");
    };
    await start(system);
    expect(attempts(system)[0]?.marks).toEqual([
      { cause: "capacity", at: begun },
      { cause: "boot", at: begun + 2_000 },
    ]);
  });
});

describe("a burst above the launch rate of MicroVMs", () => {
  const burst = async (system: TestSystem, jobs: number) => {
    const outcomes = [];
    for (let id = 1; id <= jobs; id += 1) outcomes.push(await start(system, id));
    return outcomes;
  };
  /** The fake clock goes on only where a start sleeps, so a second of waiting is a second for all that come later. */
  const standingStill = (system: TestSystem): void => {
    system.clock.sleep = async () => undefined;
  };

  it("F-33: spills to the fallback before anything is stored, so that no attempt is used up", async () => {
    const system = withFallback();
    standingStill(system);
    await burst(system, 40);
    expect(system.microVm.launched.size).toBe(30);
    expect(system.ec2.launched.size).toBe(10);
    const spilt = attempts(system).filter(({ order }) => order?.fallbackBy !== undefined);
    expect(spilt).toHaveLength(10);
    for (const attempt of spilt)
      expect(attempt).toMatchObject({ attempt: 1, classKey: "EC2#default", order: { fallbackBy: "rate" } });
  });

  it("F-33: waits in its queue where there is no fallback, and each launch dispatches the next", async () => {
    const system = prepare();
    standingStill(system);
    const outcomes = await burst(system, 40);
    expect(outcomes.filter(({ kind }) => kind === "launched")).toHaveLength(30);
    expect(outcomes.slice(30)).toEqual(Array(10).fill({ kind: "waiting", waitingFor: "launch-rate" }));
    expect(outcomes[29]).toMatchObject({ freed: { kind: "launch", provider: "MICROVM" } });
  });

  it("a spilt job that waits goes on with its fallback, until the mapping names no such one", async () => {
    const system = withFallback();
    const hold = async (id: number) => {
      system.ec2.script.push(refused("rate"), refused("rate"));
      return start(system, id);
    };
    standingStill(system);
    await burst(system, 30);
    await hold(31);
    await start(system, JOB + 100);
    const waiting = attempts(system).find(({ jobId }) => jobId === JOB + 100);
    expect(waiting).toMatchObject({
      state: "WAITING",
      classKey: "EC2#default",
      order: { fallbackBy: "rate" },
    });
    system.mappings.add({ pk: "class#vm", sk: "class", type: "MICROVM" });
    system.clock.advance(10 * MINUTE);
    const outcome = await system.start(webhook(system.gitLab.jobsById.get(JOB + 100)!));
    expect(outcome).toMatchObject({ kind: "launched", resourceId: `microvm-${JOB + 100}-1-0` });
  });
});

const finish = async (system: TestSystem, status: string): Promise<void> => {
  system.gitLab.change(JOB, { status: "running", runnerId: 9001, startedAt: system.clock.now() });
  await system.pickUp(webhook(system.gitLab.jobsById.get(JOB)!));
  system.clock.advance(MINUTE);
  system.gitLab.change(JOB, { status, finishedAt: system.clock.now() });
  await system.stop(webhook(system.gitLab.jobsById.get(JOB)!));
};

/** Passes, and what they put on the bus. */
const passes = async (system: TestSystem, minutes: number): Promise<void> => {
  for (let minute = 0; minute < minutes; minute += 1) {
    system.clock.advance(MINUTE);
    await system.reconcile();
    for (const event of system.bus.events.splice(0)) {
      if (event.detailType !== "RunnerEnded") continue;
      const { runnerId = "", resourceId = "", reason } = event;
      await system.stop({ runnerId, resourceId, reason });
    }
  }
};

describe("the MicroVM of a job that is over", () => {
  it("I-4 I-20: is terminated after its record is deleted, for nobody else ends it", async () => {
    const system = prepare();
    await start(system);
    await finish(system, "success");
    expect(system.microVms.terminated).toEqual(["microvm-7-1-0"]);
    expect(runnerOf(system)).toMatchObject({ state: "GONE", recordDeletedAt: expect.anything() });
  });

  it("I-5: is ended by a pass where its termination was lost, although the list shows it for hours after", async () => {
    const system = prepare();
    await start(system);
    await finish(system, "success");
    system.microVms.setState("microvm-7-1-0", "running");
    await passes(system, 5);
    expect(system.microVms.terminated).toHaveLength(2);
    await passes(system, 5);
    expect(system.microVms.terminated).toHaveLength(2);
  });

  it("P-7: without AccessToken it is ended when its runner has had time to delete its own record", async () => {
    const system = prepare({ mode: "payload" });
    system.mappings.add({ pk: "job#vm", sk: "tags#vm", type: "MICROVM", class: "vm" });
    await system.start(webhook(system.gitLab.addJob({ id: JOB, name: "vm", tags: ["vm"] })));
    const before = system.clock.now();
    const job = { ...system.gitLab.jobsById.get(JOB)!, status: "success", runnerId: 9001, startedAt: before };
    await system.stop(webhook(job));
    expect(system.microVms.terminated).toEqual(["microvm-7-1-0"]);
    // OWN_RECORD_MILLISECONDS, as timing.ts says why.
    expect(system.clock.now() - before).toBeGreaterThanOrEqual(15_000);
  });
});

describe("the MicroVM of a job that failed", () => {
  const keeping = () => prepare({ fields: { keepOnFailure: 10 } });

  it("is suspended for as long as its class says, while its slot and record are gone, and a pass ends it then", async () => {
    const system = keeping();
    await start(system);
    await finish(system, "failed");
    expect([system.microVms.suspended, system.microVms.terminated]).toEqual([["microvm-7-1-0"], []]);
    const { keptUntil = 0, ...runner } = runnerOf(system);
    expect(runner).toMatchObject({ state: "GONE", recordDeletedAt: expect.anything() });
    expect(keptUntil - system.clock.now()).toBe(10 * MINUTE);
    expect(await taken(system, "stack")).toBe(0);
    await passes(system, 9);
    expect(system.microVms.terminated).toEqual([]);
    await passes(system, 4);
    expect(system.microVms.terminated).toEqual(["microvm-7-1-0"]);
  });

  it.each([
    ["succeeded", "success", "feature", 10],
    ["was canceled", "canceled", "feature", 10],
    ["failed, whose class keeps none", "failed", "feature", undefined],
  ])("T-35: is terminated at once where the job %s", async (_, status, ref, keepOnFailure) => {
    const system = prepare({ fields: keepOnFailure === undefined ? {} : { keepOnFailure } });
    await system.start(webhook(addJob(system, JOB, ref)));
    await finish(system, status);
    expect([system.microVms.suspended, system.microVms.terminated]).toEqual([[], ["microvm-7-1-0"]]);
  });

  it("T-35: is never kept on a protected ref, nor where GitLab does not tell", async () => {
    for (const answer of [true, undefined]) {
      const system = keeping();
      system.gitLab.isProtected = async () => answer;
      await start(system);
      await finish(system, "failed");
      expect([system.microVms.suspended, system.microVms.terminated]).toEqual([[], ["microvm-7-1-0"]]);
    }
  });

  it.each([
    ["on a protected ref", 8, ["vm"], "main"],
    ["whose class keeps none", 8, ["vm", "plain"], "feature"],
  ])(
    "T-35: is terminated at once where it was made for another job, and the one that failed is one %s",
    async (_, id, tags, ref) => {
      const system = keeping();
      system.mappings.add({ pk: "job#plain", sk: "tags#plain#vm", type: "MICROVM" });
      system.gitLab.isProtected = async (_project, { name }) => name === "main";
      const name = tags.at(-1) ?? "";
      const other = system.gitLab.addJob({ id, name, tags: [...tags], ref });
      await start(system);
      await system.start(webhook(other));
      const { runnerId, resourceId = "" } = runnerOf(system);
      system.gitLab.change(id, { status: "running", runnerId, startedAt: system.clock.now() });
      await system.pickUp(webhook(system.gitLab.jobsById.get(id)!));
      system.gitLab.change(id, { status: "failed", finishedAt: system.clock.now() });
      await system.stop(webhook(system.gitLab.jobsById.get(id)!));
      expect(system.microVms.suspended).toEqual([]);
      expect(system.microVms.terminated).toContain(resourceId);
    },
  );

  it("is terminated where it cannot be suspended", async () => {
    jest.spyOn(process.stdout, "write").mockReturnValue(true);
    const system = keeping();
    system.microVms.suspendFails.push(new Error("ConflictException"));
    await start(system);
    await finish(system, "failed");
    expect(system.microVms.terminated).toEqual(["microvm-7-1-0"]);
    expect(runnerOf(system)).not.toHaveProperty("keptUntil");
    jest.restoreAllMocks();
  });
});

describe("a MicroVM that no runner in the ledger owns", () => {
  const stranded = "microvm-unknown";
  const withUnknown = (): TestSystem => {
    const system = prepare();
    system.microVms.add({ instanceId: stranded, state: "running", launchedAt: system.clock.now() });
    return system;
  };

  it("I-5 F-45: is ended after the grace time, and once", async () => {
    const system = withUnknown();
    await passes(system, 9);
    expect(system.microVms.terminated).toEqual([]);
    await passes(system, 8);
    expect(system.microVms.terminated).toEqual([stranded]);
  });

  it("I-3: is left alone while an open runner without an id may have been launched as it", async () => {
    const system = prepare();
    // The start died after the launch, and its VM took the job before anybody repeated it.
    system.microVm.script.push("lost", "fails");
    await start(system);
    const [id] = [...system.microVm.launched.values()];
    system.gitLab.change(JOB, { status: "running", runnerId: 9001, startedAt: system.clock.now() });
    await system.pickUp(webhook(system.gitLab.jobsById.get(JOB)!));
    await passes(system, 30);
    expect(system.microVms.terminated).toEqual([]);
    system.gitLab.change(JOB, { status: "success", finishedAt: system.clock.now() });
    await system.stop(webhook(system.gitLab.jobsById.get(JOB)!));
    await passes(system, 14);
    expect(system.microVms.terminated).toEqual([id]);
  });

  it("F-45: one that the list lacks is no dead one, and one that it shows as dead is asked for", async () => {
    const system = prepare();
    await start(system);
    system.gitLab.change(JOB, { status: "running", runnerId: 9001, startedAt: system.clock.now() });
    await system.pickUp(webhook(system.gitLab.jobsById.get(JOB)!));
    system.microVms.unlisted.add("microvm-7-1-0");
    await passes(system, 20);
    expect(runnerOf(system).state).toBe("BUSY");
    system.microVms.unlisted.clear();
    const shown = system.microVms.list;
    system.microVms.list = async () => ({
      items: (await shown()).items.map((vm) => ({ ...vm, state: "terminated" as const })),
    });
    await passes(system, 3);
    expect(runnerOf(system).state).toBe("BUSY");
  });
});
