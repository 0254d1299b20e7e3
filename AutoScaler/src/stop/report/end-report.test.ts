import { TransientError } from "../../../../Core/errors";
import type { Attempt, Runner } from "../../../../Core/model/ledger";
import type { Dependencies } from "../../dependencies";
import {
  type TestSystem,
  type TestSystemOptions,
  testSystem,
  webhook,
  workflows,
} from "../../testing/fakes/test-system";
import {
  LAMBDA_QUEUE_SECONDS,
  PAUSE_SETTLES_MILLISECONDS,
  REPORT_SETTLES_MILLISECONDS,
  SILENCE_SECONDS,
} from "../../timing";
import { parseEndReportEvent } from "./end-report-event";
import { recordEndReport } from "./record-end-report";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const A = 7;
const RA = 9001;
const REQUEST = `lambda:${RA}`;
const HERE = "0123456789abcdef";
const ELSEWHERE = "fedcba9876543210";
const REPORT = { resourceId: REQUEST, status: "success", environment: HERE, reason: "invocation-ended" };
const OTHER_DELIVERY = { ...REPORT, status: "no-row", environment: ELSEWHERE };
const OTHER_REPORT = { ...REPORT, environment: ELSEWHERE };

const runner = async (system: TestSystem): Promise<Runner> => (await system.ledger.runner(RA))!;
const attempt = async (system: TestSystem): Promise<Attempt> => (await system.ledger.attempts(A)).at(-1)!;

/** The runner asks GitLab, or reports to it, now. */
const contact = (system: TestSystem): void => {
  const record = system.gitLab.runnersById.get(RA);
  if (record !== undefined) system.gitLab.runnersById.set(RA, { ...record, contactedAt: system.clock.now() });
};

/** Job 7 launched on Lambda; `runs`: its runner has it, and the pick-up is noted. */
const launched = async ({
  runs = false,
  ...options
}: TestSystemOptions & { readonly runs?: boolean } = {}): Promise<TestSystem> => {
  const system = testSystem(options);
  await system.start(webhook(system.gitLab.addJob({ id: A })));
  if (system.gitLab.mode === "verified") contact(system);
  if (runs) {
    system.gitLab.change(A, { status: "running", runnerId: RA, startedAt: system.clock.now() });
    await system.pickUp(webhook(system.gitLab.jobsById.get(A)!));
  }
  system.gitLab.calls.length = 0;
  system.bus.events.length = 0;
  return system;
};

const silent = (error: Error, system: TestSystem) => {
  const gitLab = { ...system.gitLab, runner: () => Promise.reject(error) } as Dependencies["gitLab"];
  return workflows(
    { ...system.dependencies, gitLab },
    { lambda: system.lambda, ec2: system.ec2 },
    system.routing,
  );
};

describe("a runner whose invocation is reported ended", () => {
  it("I-23 F-36: and that is silent since, without a job: its record and slot go, its next attempt comes at once", async () => {
    const system = await launched();
    const began = system.clock.now();
    expect(await system.stop(REPORT)).toMatchObject([{ kind: "unregistered", reason: "no-job" }]);
    const silence = REPORT_SETTLES_MILLISECONDS + SILENCE_SECONDS * SECOND;
    expect(system.clock.now() - began).toBe(silence + PAUSE_SETTLES_MILLISECONDS);
    expect(system.gitLab.runnersById.has(RA)).toBe(false);
    expect(await runner(system)).toMatchObject({ state: "GONE", reason: "no-job" });
    expect(await attempt(system)).toMatchObject({ state: "FAILED", reason: "no-job" });
    expect(system.bus.events).toMatchObject([{ job: { id: A, status: "pending" }, attempt: 2 }]);
  });

  it("I-20: that has no job is paused and looked at before its record goes", async () => {
    const system = await launched();
    await system.stop(REPORT);
    const expected = ["runner", "job", "runner", "pauseRunner", "runnerJobs", "deleteRunner"];
    expect(system.gitLab.calls).toEqual(expected);
  });

  it("I-23: and that is silent since, in the middle of its job: goes as crashed, and so does its attempt", async () => {
    const system = await launched({ runs: true });
    expect(await system.stop(REPORT)).toMatchObject([{ kind: "unregistered", reason: "runner-crashed" }]);
    expect(await runner(system)).toMatchObject({ state: "GONE", reason: "runner-crashed" });
    expect(await attempt(system)).toMatchObject({ state: "ENDED", reason: "runner-crashed" });
    expect(system.metrics.recorded).toContainEqual({
      name: "RunnersLost",
      value: 1,
      dimensions: { reason: "runner-crashed" },
    });
  });

  it("I-23: goes as crashed, too, when nobody told of its pick-up", async () => {
    const system = await launched();
    system.gitLab.change(A, { status: "running", runnerId: RA, startedAt: system.clock.now() });
    expect(await system.stop(REPORT)).toMatchObject([{ kind: "unregistered", reason: "runner-crashed" }]);
  });

  it.each([
    ["waits for a job", false],
    ["runs one", true],
  ])("I-3 T-6: and that contacts GitLab meanwhile is left alone while it %s", async (_, runs) => {
    const system = await launched({ runs });
    system.clock.duringSleep = () => contact(system);
    expect(await system.stop(REPORT)).toEqual([]);
    expect((await runner(system)).state).toBe(runs ? "BUSY" : "STARTING");
    expect(system.gitLab.deleted).toEqual([]);
  });

  it("I-3: is not dead by silence alone, whoever asks", async () => {
    const system = await launched({ runs: true });
    system.clock.advance(4 * MINUTE);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "runner-crashed" })).toEqual([]);
    expect((await runner(system)).state).toBe("BUSY");
  });

  it("I-3: is not dead by a report alone: no other event shortens the wait", async () => {
    const system = await launched({ runs: true });
    await recordEndReport(system.dependencies, parseEndReportEvent(REPORT));
    system.clock.advance(44 * SECOND);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "no-job" })).toEqual([]);
    system.clock.advance(SECOND);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "no-job" })).toHaveLength(1);
  });

  it("I-6: ends once when it is reported twice", async () => {
    const system = await launched();
    await system.stop(REPORT);
    const calls = system.gitLab.calls.length;
    expect(await system.stop(REPORT)).toEqual([]);
    expect(system.gitLab.calls).toHaveLength(calls);
  });

  it("I-25: costs no call of GitLab's when its job's end came first", async () => {
    const system = await launched({ runs: true });
    system.gitLab.change(A, { status: "success", finishedAt: system.clock.now() });
    await system.stop(webhook(system.gitLab.jobsById.get(A)!));
    system.gitLab.calls.length = 0;
    expect(await system.stop(REPORT)).toEqual([]);
    expect(system.gitLab.calls).toEqual([]);
  });

  it.each([
    ["before", [OTHER_DELIVERY, OTHER_REPORT]],
    ["after", [OTHER_REPORT, OTHER_DELIVERY]],
  ])("F-41 I-3: is left alone when a second delivery ended, whose own line came %s", async (_, events) => {
    const system = await launched({ runs: true });
    system.clock.duringSleep = async (milliseconds) => {
      if (milliseconds === 45_000) await recordEndReport(system.dependencies, parseEndReportEvent(events[1]));
    };
    for (const event of events) expect(await system.stop(event)).toEqual([]);
    expect(await runner(system)).toMatchObject({ state: "BUSY", otherDeliveries: [ELSEWHERE] });
    system.clock.advance(2 * MINUTE);
    await system.reconcile();
    expect(system.bus.events).toEqual([]);
    system.clock.duringSleep = () => undefined;
    expect(await system.stop(REPORT)).toMatchObject([{ reason: "runner-crashed" }]);
  });

  it("T-16: is no runner of ours: nothing happens, after one more look at the index", async () => {
    const system = await launched();
    const event = { ...REPORT, resourceId: "6f1c0000-0000-4000-8000-000000000000" };
    const unknown = await recordEndReport(system.dependencies, parseEndReportEvent(event));
    expect(unknown).toEqual({ kind: "dropped", reason: "not-in-ledger" });
    expect(system.clock.sleeps).toEqual([3_000]);
    expect(system.gitLab.calls).toEqual([]);
  });

  it("T-16: is an instance's: a log's line says nothing of EC2", async () => {
    const system = testSystem();
    await system.start(webhook(system.gitLab.addJob({ id: A, tags: ["ec2"] })));
    const resourceId = [...system.ec2.launched.values()][0] ?? "";
    expect(
      await recordEndReport(system.dependencies, parseEndReportEvent({ ...REPORT, resourceId })),
    ).toMatchObject({ reason: "not-in-ledger" });
  });

  it("is not looked at without AccessToken: nobody can ask for its contact", async () => {
    const system = await launched({ mode: "payload" });
    expect(await recordEndReport(system.dependencies, parseEndReportEvent(REPORT))).toEqual({
      kind: "dropped",
      reason: "payload-mode",
    });
  });
});

describe("the reconciler, after a report", () => {
  const hasEnds = (system: TestSystem) =>
    system.bus.events.filter((event) => event.detailType === "RunnerEnded");

  it("I-8: asks for another look when the execution died, a minute after it, and the runner goes", async () => {
    const system = await launched();
    await recordEndReport(system.dependencies, parseEndReportEvent(REPORT));
    system.clock.advance(61 * SECOND);
    await system.reconcile();
    expect(hasEnds(system)).toEqual([
      { detailType: "RunnerEnded", runnerId: RA, resourceId: REQUEST, reason: "invocation-ended" },
    ]);
    expect(await system.stop(REPORT)).toMatchObject([{ kind: "unregistered", reason: "no-job" }]);
  });

  it("F-23: asks again when GitLab did not answer the first time", async () => {
    const system = await launched();
    expect(await silent(new TransientError("502"), system).stop(REPORT)).toEqual([]);
    expect((await runner(system)).endReport).toEqual({ at: expect.any(Number), looks: 1, environment: HERE });
    system.clock.advance(61 * SECOND);
    await system.reconcile();
    expect(hasEnds(system)).toHaveLength(1);
  });

  it("T-6 I-25: asks for three looks at most, and six reports are followed: forged lines cost no more", async () => {
    const system = await launched({ runs: true });
    system.clock.duringSleep = () => contact(system);
    for (let look = 0; look < 9; look += 1) {
      await system.stop(REPORT);
      system.clock.advance(2 * MINUTE);
    }
    expect((await runner(system)).endReport).toMatchObject({ looks: 6 });
    expect(system.gitLab.calls.filter((call) => call === "runner")).toHaveLength(12);
    await system.reconcile();
    expect(hasEnds(system)).toEqual([]);
  });
});

describe("a start that Lambda dropped", () => {
  const dropped = async (): Promise<TestSystem> => {
    const system = testSystem();
    await system.start(webhook(system.gitLab.addJob({ id: A })));
    system.bus.events.length = 0;
    return system;
  };

  it("F-36 I-23: is found when its event is too old, and the next attempt comes at once", async () => {
    const system = await dropped();
    system.clock.advance((LAMBDA_QUEUE_SECONDS + 1) * SECOND);
    await system.reconcile();
    const event = { runnerId: RA, resourceId: REQUEST, reason: "never-contacted" };
    expect(system.bus.events).toContainEqual({ detailType: "RunnerEnded", ...event });
    system.bus.events.length = 0;
    expect(await system.stop(event)).toMatchObject([{ kind: "unregistered", reason: "never-contacted" }]);
    expect(system.bus.events).toMatchObject([{ job: { id: A }, attempt: 2 }]);
  });

  it("is not looked for before, and is none where the runner asked GitLab for a job", async () => {
    const system = await dropped();
    system.clock.advance((LAMBDA_QUEUE_SECONDS - 1) * SECOND);
    await system.reconcile();
    expect(system.bus.events).toEqual([]);
    contact(system);
    system.clock.advance(2 * SECOND);
    expect(await system.stop({ runnerId: RA, resourceId: "", reason: "never-contacted" })).toEqual([]);
  });
});
