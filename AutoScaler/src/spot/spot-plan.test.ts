import type { StartedRunner } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import type { Launch } from "../ports";
import {
  type TestSystem,
  type TestSystemOptions,
  testSystem,
  webhook,
  workflows,
} from "../testing/fakes/test-system";
import { recordPoolFailure } from "./pool-failures";

const POOL = "m7g.large/subnet-1";
const PIPELINE = 77;

const startedRunners = (system: TestSystem): readonly StartedRunner[] =>
  [...system.ledger.items.values()].filter(
    (item): item is StartedRunner => item.kind === "runner" && item.adopted === undefined,
  );
const lastRunner = (system: TestSystem): StartedRunner | undefined => startedRunners(system).at(-1);

const launch = (more: Partial<Launch>): Launch =>
  ({ kind: "launched", resourceId: "i-1", market: "spot", bootstrapKey: "k", pool: POOL, ...more }) as Launch;
const refused = (more: Partial<Launch> = {}): Launch =>
  ({
    kind: "refused",
    refusal: "capacity",
    message: "none",
    ...more,
  }) as Launch;

const start = (system: TestSystem, id: number, job: object = {}) =>
  system.start(webhook(system.gitLab.addJob({ id, tags: ["ec2"], pipelineId: PIPELINE, ...job })));

const rests = async (system: TestSystem): Promise<void> => {
  for (const of of ["i-8", "i-9"]) await recordPoolFailure(system.dependencies, POOL, of);
};

const interrupt = (system: TestSystem, resourceId: string) =>
  system.stop({ runnerId: "", resourceId, reason: "spot-interruption" });

describe("a start", () => {
  it("I-18: stores the pools that rest with the runner, before its launch", async () => {
    const system = testSystem();
    await rests(system);
    system.ec2.script.push("fails", "fails");
    await start(system, 7);
    expect(lastRunner(system)).toMatchObject({ restingPools: [POOL], launchRound: 0 });
    system.clock.advance(31 * 60_000);
    system.ec2.script.push("fails");
    await start(system, 7);
    // The outcome is unknown, so the request has to stay the same although the pool has rested.
    expect(lastRunner(system)).toMatchObject({ restingPools: [POOL], launchRound: 0 });
  });

  it("reads what is known of spot while GitLab makes the runner's record, and with two reads", async () => {
    const { dependencies, ec2, gitLab, lambda, ledger, routing } = testSystem();
    const reads: string[] = [];
    const seen = { atAnswer: -1 };
    const watched: Dependencies = {
      ...dependencies,
      ledger: {
        ...ledger,
        listed: (list) => {
          reads.push(list);
          return ledger.listed(list);
        },
        stateRecord: (name) => {
          if (name.includes("spot")) reads.push(name);
          return ledger.stateRecord(name);
        },
      },
      gitLab: {
        ...gitLab,
        createRunner: async (request) => {
          const answer = await gitLab.createRunner(request);
          seen.atAnswer = reads.length;
          return answer;
        },
      },
    };
    const run = workflows(watched, { lambda, ec2 }, routing);
    await run.start(webhook(gitLab.addJob({ id: 7, tags: ["ec2"], pipelineId: PIPELINE, name: "n" })));
    expect(reads.sort()).toEqual(["spot-loss#1#77#n", "spot-pools"]);
    expect(seen.atAnswer).toBe(2);
  });

  it("keeps only pools of the class's own types", async () => {
    const system = testSystem();
    for (const pool of [POOL, "m7i.large/subnet-1"])
      for (const of of ["i-8", "i-9"]) await recordPoolFailure(system.dependencies, pool, of);
    await start(system, 7);
    expect(lastRunner(system)?.restingPools).toEqual([POOL]);
  });

  it("F-31 F-37: a new round leaves alone what rests then", async () => {
    const system = testSystem();
    await rests(system);
    system.ec2.script.push(refused());
    await start(system, 7);
    system.clock.advance(31 * 60_000);
    system.ec2.script.push(refused());
    await start(system, 7);
    expect(lastRunner(system)).toMatchObject({ restingPools: [], launchRound: 2 });
  });

  it("F-31: two launches without capacity in a pool let it rest for the third, also when another pool had some", async () => {
    const system = testSystem();
    system.ec2.script.push(launch({ shortPools: [POOL] }), refused({ shortPools: [POOL] }));
    await start(system, 7);
    expect(lastRunner(system)?.pool).toBe(POOL);
    await start(system, 8);
    await start(system, 9);
    expect(lastRunner(system)).toMatchObject({ jobId: 9, restingPools: [POOL] });
    await system.reconcile();
    expect(system.metrics.total("SpotPoolsResting")).toBe(1);
  });

  it("F-31: the repeat of one launch counts once", async () => {
    const system = testSystem();
    system.ec2.script.push(launch({ shortPools: [POOL] }));
    await start(system, 7);
    await start(system, 7);
    await start(system, 8);
    expect(lastRunner(system)?.restingPools).toEqual([]);
  });

  it("a class that never asks for spot reads nothing of it", async () => {
    const ec2 = {
      ec2: {
        architecture: "arm64",
        instanceTypes: ["m7g.large"],
        market: "on-demand",
        diskGiB: 30,
        privileged: false,
      },
    };
    const system = testSystem({ ec2 } as TestSystemOptions);
    await rests(system);
    await start(system, 7);
    expect(lastRunner(system)).not.toHaveProperty("restingPools");
  });
});

describe("the account's missing spot role", () => {
  it("F-32: costs no attempt: the job runs on demand, and the metric says so", async () => {
    const system = testSystem();
    system.ec2.script.push(launch({ market: "on-demand", lacksSpotRole: true }));
    expect(await start(system, 7)).toMatchObject({ kind: "launched" });
    expect(lastRunner(system)).toMatchObject({ lacksSpotRole: true, market: "on-demand", attempt: 1 });
    expect(system.metrics.total("SpotRoleMissing")).toBe(1);
    expect(system.metrics.total("JobsFailed")).toBe(0);
  });

  it.each(["spot-role", "other"] as const)(
    "F-32: a launch that is refused as %s waits, and no attempt is spent",
    async (refusal) => {
      const system = testSystem();
      system.ec2.script.push({ kind: "refused", refusal, message: "no" });
      expect(await start(system, 7)).toMatchObject({ kind: "waiting", waitingFor: "launch" });
      expect(lastRunner(system)).toMatchObject({ heldBy: refusal, launchRound: 1, attempt: 1 });
    },
  );
});

describe("a spot interruption", () => {
  const interrupted = async (job: object = {}) => {
    const system = testSystem();
    system.ec2.script.push(launch({}));
    await start(system, 7, job);
    await interrupt(system, "i-1");
    return system;
  };

  it("F-37: lets GitLab's retry, another job of the same pipeline and name, start on demand", async () => {
    const system = await interrupted();
    await start(system, 8);
    expect(lastRunner(system)).toMatchObject({ jobId: 8, afterSpotLoss: true });
  });

  it.each([
    ["another name", { name: "other" }],
    ["another pipeline", { pipelineId: PIPELINE + 1 }],
    ["another project", { projectId: 2 }],
    ["a pipeline that GitLab does not name", { pipelineId: undefined }],
  ])("F-37: a job of %s starts as ever", async (_, job) => {
    const system = await interrupted();
    await start(system, 8, job);
    expect(lastRunner(system)).toMatchObject({ jobId: 8 });
    expect(lastRunner(system)).not.toHaveProperty("afterSpotLoss");
  });

  it("F-37: is forgotten after a day", async () => {
    const system = await interrupted();
    system.clock.advance(24 * 3_600_000);
    await start(system, 8);
    expect(lastRunner(system)).not.toHaveProperty("afterSpotLoss");
  });

  it("F-37: of two instances in fifteen minutes lets their pool rest; a rebalance recommendation counts for nothing", async () => {
    const system = testSystem();
    system.ec2.script.push(launch({}), launch({ resourceId: "i-2" }));
    await start(system, 7);
    await start(system, 8);
    await system.stop({ runnerId: "", resourceId: "i-1", reason: "rebalance-recommendation" });
    await interrupt(system, "i-2");
    await start(system, 9, { name: "other" });
    expect(lastRunner(system)?.restingPools).toEqual([]);
    await interrupt(system, "i-1");
    await start(system, 10, { name: "another" });
    expect(lastRunner(system)?.restingPools).toEqual([POOL]);
  });

  it("F-37: counts the job that the runner runs, where a swap gave it another one", async () => {
    const system = testSystem();
    system.ec2.script.push(launch({}));
    await start(system, 7, { name: "own" });
    await start(system, 8, { name: "taken" });
    const runner = startedRunners(system).find(({ jobId }) => jobId === 7)!;
    system.ledger.items.set(`runner#${runner.runnerId}`, {
      ...runner,
      state: "BUSY",
      busyJobId: 8,
      busyProjectId: 1,
    });
    await interrupt(system, "i-1");
    await start(system, 9, { name: "taken" });
    expect(lastRunner(system)).toMatchObject({ jobId: 9, afterSpotLoss: true });
    await start(system, 10, { name: "own" });
    expect(lastRunner(system)).not.toHaveProperty("afterSpotLoss");
  });
});
