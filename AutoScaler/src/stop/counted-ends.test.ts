import { defined } from "../../../Core/defined";
import { TransientError } from "../../../Core/errors";
import { keepFakePrices } from "../testing/fakes/fake-prices";
import { faultPlan, ProcessDied, withFaults } from "../testing/fakes/faults";
import { type TestSystem, testSystem, webhook, workflows } from "../testing/fakes/test-system";

/** I-40: what ends count is counted once. The bill is the fakes' own: what was launched, from when to when. */

const MINUTE = 60_000;
const A = 7;
const B = 8;

const jobOf = (system: TestSystem, id: number) => webhook(system.gitLab.jobsById.get(id)!);

const pickUp = async (system: TestSystem, id: number, runnerId: number): Promise<void> => {
  system.gitLab.change(id, { status: "running", runnerId, startedAt: system.clock.now() });
  await system.pickUp(jobOf(system, id));
};

const running = async (tags: readonly string[]): Promise<TestSystem> => {
  const system = testSystem();
  await keepFakePrices(system.dependencies, system.routing);
  await system.start(webhook(system.gitLab.addJob({ id: A, tags })));
  const [runner] = system.gitLab.created;
  await pickUp(system, A, runner!.id);
  system.clock.advance(30 * MINUTE);
  system.gitLab.change(A, { status: "success", finishedAt: system.clock.now() });
  return system;
};

const counts = (system: TestSystem) => [...system.ledger.counts.values()].map(({ numbers }) => numbers);

const ignoreFault = (error: unknown): void => {
  if (!(error instanceof TransientError) && !(error instanceof ProcessDied)) throw error;
};

it.each([
  ["with tenant isolation by the memory of the environment that was made for it", true, 1_769 / 1_024],
  ["without it by none", undefined, undefined],
] as const)("a function is estimated %s", async (_, isTenantIsolated, environmentGb) => {
  const system = testSystem();
  const size = { memoryMiB: 1_769, storageMiB: 4_096, architecture: "arm64" } as const;
  await keepFakePrices(system.dependencies, system.routing, [], {
    ...size,
    ...defined({ isTenantIsolated }),
  });
  await system.start(webhook(system.gitLab.addJob({ id: A, tags: [] })));
  await pickUp(system, A, system.gitLab.created[0]!.id);
  system.gitLab.change(A, { status: "success", finishedAt: system.clock.now() });
  await system.stop(jobOf(system, A));
  expect(counts(system).find(({ runners }) => runners === 1)?.environmentGb).toBe(environmentGb);
});

describe("I-40: the end of a runner is counted once", () => {
  // By the fakes' prices: a spot m7g.large at 40 % of 0.091 USD an hour; 1,769 MiB of arm64 by the GB-second, and one request.
  const WANTED = {
    EC2: (minutes: number) => (minutes / 60) * 0.4 * 0.091,
    LAMBDA: (minutes: number) => minutes * 60 * (1_769 / 1_024) * 0.0000133334 + 0.0000002,
  };

  it.each(
    (["fails", "loses-answer", "dies"] as const).flatMap((kind) =>
      (
        [
          ["EC2", ["ec2"]],
          ["LAMBDA", []],
        ] as const
      ).map(([provider, tags]) => [provider, kind, tags] as const),
    ),
  )("on %s, whichever call of the ledger %s", async (provider, kind, tags) => {
    // Each call of an end in turn, and one more than there are, which has no fault.
    for (let at = 0, made = 1; at <= made; at += 1) {
      const system = await running(tags);
      const plan = faultPlan(at, kind);
      const dependencies = { ...system.dependencies, ledger: withFaults(system.ledger, plan, "ledger") };
      const broken = workflows(dependencies, { lambda: system.lambda, ec2: system.ec2 }, system.routing);
      await broken.stop(jobOf(system, A)).catch(ignoreFault);
      made = plan.count;
      // The lease of a process that died, and the event again, twice.
      system.clock.advance(10 * MINUTE);
      for (let again = 0; again < 2; again += 1) await system.stop(jobOf(system, A));
      const [only, ...others] = counts(system);
      expect([only?.jobs, only?.runners, others]).toEqual([1, 1, []]);
      // Ten minutes more where the first try did not come so far.
      const minutes = Math.round((only?.seconds ?? 0) / 60);
      expect([30, 40]).toContain(minutes);
      expect(only?.usd).toBeCloseTo(WANTED[provider](minutes), 12);
    }
  });

  it("under the name of the job that it ran, when two jobs exchanged their runners", async () => {
    const system = testSystem();
    for (const [id, name] of [
      [A, "build"],
      [B, "test"],
    ] as const)
      await system.start(webhook(system.gitLab.addJob({ id, name, tags: ["ec2"] })));
    const [ofA, ofB] = system.gitLab.created.map(({ id }) => id);
    await pickUp(system, A, ofB!);
    await pickUp(system, B, ofA!);
    system.clock.advance(MINUTE);
    system.gitLab.change(A, { status: "success", finishedAt: system.clock.now() });
    await system.stop(jobOf(system, A));
    system.clock.advance(MINUTE);
    system.gitLab.change(B, { status: "success", finishedAt: system.clock.now() });
    await system.stop(jobOf(system, B));
    // The jobs' waits are counted too, on shards of their own.
    const found = [...system.ledger.counts.values()].filter(({ numbers }) => numbers.jobs !== undefined);
    expect(found.map(({ subject, numbers }) => [subject.jobName, numbers.jobs, numbers.seconds])).toEqual([
      ["build", 1, 60],
      ["test", 1, 120],
    ]);
  });

  it("with a metric of its cost by provider", async () => {
    const system = await running(["ec2"]);
    for (let again = 0; again < 2; again += 1) await system.stop(jobOf(system, A));
    const costs = system.metrics.recorded.filter(({ name }) => name === "RunnerCostUsd");
    expect(costs).toMatchObject([{ dimensions: { provider: "EC2" } }]);
    expect(costs[0]?.value).toBeCloseTo(WANTED.EC2(30), 12);
  });
});

describe("a good job", () => {
  // Claim, create, launch, pick-up, ENDING, GONE. What is counted is written with them: a transaction more for each job would
  // be a tenth of what DynamoDB costs, and one more thing that can be done twice.
  it.each([
    ["EC2", ["ec2"], 6],
    ["LAMBDA", [], 6],
  ] as const)(
    "I-40: on %s makes no more transactions for being counted",
    async (_provider, tags, transactions) => {
      const system = testSystem();
      const commits: number[] = [];
      const ledger = {
        ...system.ledger,
        commit: async (changes: Parameters<TestSystem["ledger"]["commit"]>[0]) => {
          if (!changes.some((change) => "stateRecord" in change)) commits.push(changes.length);
          return system.ledger.commit(changes);
        },
      };
      const flows = workflows(
        { ...system.dependencies, ledger },
        { lambda: system.lambda, ec2: system.ec2 },
        system.routing,
      );
      await flows.start(webhook(system.gitLab.addJob({ id: A, tags })));
      system.gitLab.change(A, {
        status: "running",
        runnerId: system.gitLab.created[0]!.id,
        startedAt: system.clock.now(),
      });
      await flows.pickUp(jobOf(system, A));
      system.gitLab.change(A, { status: "success", finishedAt: system.clock.now() });
      await flows.stop(jobOf(system, A));
      expect(commits).toHaveLength(transactions);
      expect(counts(system)).toMatchObject([{ jobs: 1 }]);
    },
  );
});
