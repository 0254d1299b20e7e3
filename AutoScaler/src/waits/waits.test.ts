import { TransientError } from "../../../Core/errors";
import type { LedgerItem } from "../../../Core/model/ledger";
import { anAttempt, aRunner, NOW } from "../testing/fakes/items";
import { type TestSystem, testSystem, webhook, workflows } from "../testing/fakes/test-system";
import { closeWait } from "./close-wait";
import { outageMarks, recordOutage } from "./gitlab-outage";

const SECOND = 1_000;

/** Job 7 is launched; GitLab gave it to its runner 9001 a minute later. */
const running = async (): Promise<TestSystem> => {
  const system = testSystem();
  await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
  system.clock.advance(60 * SECOND);
  system.gitLab.change(7, {
    status: "running",
    runnerId: 9001,
    startedAt: system.clock.now(),
    queuedSeconds: 60,
    runnerSeenAt: system.clock.now() - 2 * SECOND,
  });
  return system;
};

const pickUp = (system: TestSystem) => system.pickUp(webhook(system.gitLab.jobsById.get(7)!));

const countOf = (system: TestSystem) => [...system.ledger.counts.values()].map(({ numbers }) => numbers);

describe("the wait of a job that begins", () => {
  it("I-46: is stored and counted in the transaction that is made anyway", async () => {
    const system = await running();
    const before = system.ledger.writes;
    await pickUp(system);
    // The pick-up itself, and the note of its project.
    expect(system.ledger.writes - before).toBeLessThanOrEqual(2);
    expect(await system.ledger.attempts(7)).toMatchObject([
      { state: "RUNNING", waits: { boot: 58 * SECOND, assignment: 2 * SECOND } },
    ]);
    expect((await system.ledger.attempts(7))[0]).not.toHaveProperty("marks");
    expect(countOf(system)).toMatchObject([{ waits: 1, waitMs: 60 * SECOND, "wait:boot": 58 * SECOND }]);
  });

  it("I-46 I-6: is counted and told once, however often its webhook comes", async () => {
    const system = await running();
    await pickUp(system);
    await pickUp(system);
    system.gitLab.change(7, { status: "success", finishedAt: system.clock.now() });
    await system.stop(webhook(system.gitLab.jobsById.get(7)!));
    expect(countOf(system).filter(({ waits }) => waits !== undefined)).toMatchObject([{ waits: 1 }]);
    expect(system.metrics.recorded.filter(({ name }) => name === "QueueSeconds")).toEqual([
      { name: "QueueSeconds", value: 60, dimensions: { class: "EC2#default" } },
    ]);
  });

  it("I-46 F-18: is counted once where the answer to its transaction was lost", async () => {
    const system = await running();
    let isLost = false;
    const ledger = {
      ...system.ledger,
      commit: async (changes: Parameters<typeof system.ledger.commit>[0]) => {
        const done = await system.ledger.commit(changes);
        if (isLost || !changes.some((change) => "count" in change)) return done;
        isLost = true;
        throw new TransientError("the answer was lost");
      },
    };
    const run = workflows(
      { ...system.dependencies, ledger },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await run.pickUp(webhook(system.gitLab.jobsById.get(7)!));
    expect(isLost).toBe(true);
    expect(countOf(system)).toMatchObject([{ waits: 1 }]);
  });

  it("I-46 F-1: is told by the job's end, where nobody told of its start", async () => {
    const system = await running();
    system.gitLab.change(7, { status: "success", finishedAt: system.clock.now() });
    await system.stop(webhook(system.gitLab.jobsById.get(7)!));
    expect(await system.ledger.attempts(7)).toMatchObject([{ state: "ENDED", waits: { boot: 58 * SECOND } }]);
    expect(countOf(system).filter(({ waits }) => waits !== undefined)).toMatchObject([{ waits: 1 }]);
  });

  it("I-46: there is none of a job that was cancelled before it began", async () => {
    const system = testSystem();
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    system.gitLab.change(7, { status: "canceled", finishedAt: system.clock.now() });
    await system.stop(webhook(system.gitLab.jobsById.get(7)!));
    expect((await system.ledger.attempts(7))[0]).not.toHaveProperty("waits");
    expect(countOf(system).filter(({ waits }) => waits !== undefined)).toEqual([]);
  });

  it("I-46: is the last attempt's, which has the marks of those before", () => {
    const first = anAttempt({ state: "FAILED" });
    const last = anAttempt({ attempt: 2, marks: [{ cause: "failed", at: NOW }] });
    const put: LedgerItem = { ...last, version: 2, state: "RUNNING" };
    const { waited } = closeWait([{ put }], [first, last], [aRunner()], { startedAt: NOW + SECOND }, NOW);
    expect(waited?.waits).toEqual({ failed: SECOND });
    const ofFirst: LedgerItem = { ...first, version: 2, state: "RUNNING" };
    expect(closeWait([{ put: ofFirst }], [first, last], [], { startedAt: NOW + SECOND }, NOW)).toEqual({
      changes: [{ put: ofFirst }],
    });
  });

  it.each([
    [59, 1, { cause: "boot" }],
    [60, 0, {}],
    [undefined, undefined, undefined],
  ])("I-47: with an objective of %s s counts %s miss", async (seconds, value, dimensions) => {
    const system = testSystem();
    const queueTimeObjective = { seconds, percent: 95 };
    if (seconds !== undefined) system.mappings.add({ pk: "settings", sk: "settings", queueTimeObjective });
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    system.clock.advance(60 * SECOND);
    const startedAt = system.clock.now();
    system.gitLab.change(7, { status: "running", runnerId: 9001, startedAt, queuedSeconds: 60 });
    await pickUp(system);
    const told = system.metrics.recorded.filter(({ name }) => name.startsWith("QueueObjective"));
    expect(told).toEqual(
      value === undefined
        ? []
        : [
            { name: "QueueObjectiveMissed", value, dimensions },
            { name: "QueueObjectiveAllowed", value: 0.05, dimensions: {} },
          ],
    );
  });
});

describe("the marks of an attempt", () => {
  const marksOf = async (system: TestSystem, jobId: number) =>
    (await system.ledger.attempts(jobId)).at(-1)?.marks;

  it("I-46: tell how long a start waited for its reservation", async () => {
    const system = testSystem();
    const begun = system.clock.now();
    const ledger = { ...system.ledger, reserve: async () => begun + 3 * SECOND };
    const run = workflows(
      { ...system.dependencies, ledger },
      { lambda: system.lambda, ec2: system.ec2 },
      system.routing,
    );
    await run.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(await marksOf(system, 7)).toEqual([
      { cause: "launch-rate", at: begun },
      { cause: "boot", at: begun + 3 * SECOND },
    ]);
  });

  it("I-46: of one that failed tell so from the begin of its start", async () => {
    const system = testSystem();
    system.gitLab.refuses = "the limit of 1,000 runners is reached";
    const begun = system.clock.now();
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
    expect(await marksOf(system, 7)).toEqual([{ cause: "failed", at: begun }]);
  });

  it("I-46: of a job whose runner took another one tell when GitLab gave it away, where the two exchange runners", async () => {
    const system = testSystem();
    for (const id of [7, 8]) await system.start(webhook(system.gitLab.addJob({ id, tags: ["ec2"] })));
    const launched = system.clock.now();
    system.clock.advance(60 * SECOND);
    const startedAt = system.clock.now();
    system.gitLab.change(7, { status: "running", runnerId: 9002, startedAt });
    system.clock.advance(2 * SECOND);
    await system.pickUp(webhook(system.gitLab.jobsById.get(7)!));
    expect(await marksOf(system, 8)).toEqual([
      { cause: "boot", at: launched },
      { cause: "exchange", at: startedAt },
    ]);
  });
});

describe("an outage of GitLab", () => {
  const recorded = async (...failures: readonly (readonly [since: number, now: number])[]) => {
    const { ledger } = testSystem();
    for (const [since, now] of failures)
      await recordOutage(ledger, "gitlab", NOW + since * SECOND, NOW + now * SECOND);
    return ledger;
  };

  it.each([
    [
      "begins with the first failing call's event",
      [
        [0, 5],
        [30, 40],
      ],
      0,
      70,
      0,
    ],
    [
      "began before the job was pending",
      [
        [0, 5],
        [30, 40],
      ],
      20,
      70,
      20,
    ],
    ["began in the moment when it was found", [[70, 75]], 0, 70, 70],
  ] as const)("I-46: %s", async (_, failures, pending, foundAt, from) => {
    const ledger = await recorded(...failures);
    expect(await outageMarks(ledger, NOW + pending * SECOND, NOW + foundAt * SECOND)).toEqual([
      { cause: "gitlab", at: NOW + from * SECOND },
    ]);
  });

  it.each([
    ["was over before the job was pending", [[0, 5]], 10, 70],
    ["was over long before the job was found", [[0, 5]], 0, 300],
    ["began after it was found", [[80, 85]], 0, 70],
    ["never was", [], 0, 70],
  ] as const)("I-46: is none of a job's where it %s", async (_, failures, pending, foundAt) => {
    const ledger = await recorded(...failures);
    expect(await outageMarks(ledger, NOW + pending * SECOND, NOW + foundAt * SECOND)).toEqual([]);
  });

  it("I-46: is another one after three minutes without a failure", async () => {
    const ledger = await recorded([0, 5], [400, 410]);
    expect(await outageMarks(ledger, NOW, NOW + 420 * SECOND)).toEqual([
      { cause: "gitlab", at: NOW + 400 * SECOND },
    ]);
  });

  it("I-46: is stored once in two seconds, however many calls fail", async () => {
    const { ledger } = testSystem();
    for (let call = 0; call < 50; call += 1) await recordOutage(ledger, "gitlab", NOW, NOW + call * 100);
    // Five seconds of failures, and the first.
    expect(ledger.writes).toBeLessThanOrEqual(4);
  });
});
