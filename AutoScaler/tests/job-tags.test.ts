import type { StartedRunner } from "../../Core/model/ledger";
import { NOTHING, remains } from "../src/testing/fakes/remains";
import { detailOf, type TestSystem, testSystem, webhook } from "../src/testing/fakes/test-system";

/** Jobs that say by their tags what they want, from their webhook until nothing is left. */

const TAGS = ["team", "aws:memory=8", "aws:cpu=2", "aws:spot=false", "aws:disk=80"];
const EC2 = {
  architecture: "arm64",
  instanceTypes: ["m7g.large"],
  market: "on-demand",
  diskGiB: 80,
  privileged: false,
};

const runnerOf = async ({ ledger, gitLab }: TestSystem): Promise<StartedRunner> =>
  (await ledger.runner(gitLab.created.at(-1)?.id ?? 0)) as StartedRunner;

const drain = async (system: TestSystem): Promise<void> => {
  const { events } = system.bus;
  for (let event = events.shift(); event !== undefined; event = events.shift()) {
    await system.deliver(detailOf(event));
  }
};

describe("a job that asks for a size by its tags", () => {
  it("I-14: gets an instance of it and a runner with exactly its tags, and nothing of it is left", async () => {
    const system = testSystem();
    const { gitLab, ec2, lambda, clock } = system;
    await system.start(webhook(gitLab.addJob({ id: 7, tags: TAGS })));
    expect(gitLab.created).toMatchObject([{ tags: [...TAGS].sort() }]);
    expect([ec2.launched.size, lambda.launched.size]).toEqual([1, 0]);
    const { id } = gitLab.created[0]!;
    expect((await runnerOf(system)).order).toMatchObject({ chosenByTags: true, runnerClass: { ec2: EC2 } });
    gitLab.change(7, { status: "running", runnerId: id, startedAt: clock.now() });
    await system.pickUp(webhook(gitLab.jobsById.get(7)!));
    gitLab.change(7, { status: "success", finishedAt: clock.now() });
    await system.stop(webhook(gitLab.jobsById.get(7)!));
    await drain(system);
    expect(remains(system, [])).toEqual(NOTHING);
  });

  it("I-18: is launched as stored, whatever settings and mapping say when its launch is repeated", async () => {
    const system = testSystem();
    const { gitLab, ec2, mappings, clock } = system;
    ec2.script.push("fails");
    await system.start(webhook(gitLab.addJob({ id: 7, tags: TAGS })));
    const before = await runnerOf(system);
    mappings.add({ pk: "settings", sk: "settings", bounds: { cpu: 1, disk: 8 } });
    mappings.add({ pk: "job#build", sk: `tags#${[...TAGS].sort().join("#")}`, type: "EC2" });
    for (let minute = 0; minute < 10 && ec2.launched.size === 0; minute += 1) {
      clock.advance(60_000);
      await system.reconcile();
      await drain(system);
    }
    expect([ec2.launched.size, gitLab.created.length]).toEqual([1, 1]);
    expect((await runnerOf(system)).order).toEqual(before.order);
    expect(before.order.runnerClass.ec2).toEqual(EC2);
  });

  it("I-2: shares the limit of the default class", async () => {
    const system = testSystem({ classLimit: 1 });
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["aws:cpu=2"] })));
    const second = await system.start(webhook(system.gitLab.addJob({ id: 8, tags: ["aws:cpu=1"] })));
    expect(second).toEqual({ kind: "waiting", waitingFor: "slot" });
  });
});

describe("a class that refuses images", () => {
  it.each([true, false])("tells its runner so: %s", async (refuseImages) => {
    const system = testSystem();
    system.mappings.add({ pk: "class#strict", sk: "class", type: "LAMBDA", refuseImages });
    await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["aws:class=strict"] })));
    const [row] = [...system.rows.rows.values()];
    expect(row?.refuseImages ?? false).toBe(refuseImages);
    expect(row).toMatchObject({ provider: "LAMBDA" });
  });
});

describe("a job whose tags ask for what there cannot be", () => {
  it.each([
    [
      ["aws:cpu=four"],
      "bad-tags",
      /^The job's tag aws:cpu=four: its value must be a whole number of vCPUs/,
      1,
    ],
    [["aws:lambda", "aws:cpu=2"], "bad-tags", /aws:lambda and aws:cpu=2 contradict each other: keep one/, 1],
    [["aws:cpu=64"], "beyond-bounds", /ask for at most 2 vCPUs and 8 GiB/, 3],
    [["aws:disk=9999"], "beyond-bounds", /at most 500 GiB of disk/, 3],
  ] as const)(
    "I-27 I-25: %j fails as %s, says the remedy and gets no other runner",
    async (tags, reason, detail, attempts) => {
      const system = testSystem();
      const { gitLab, ledger, lambda, ec2, metrics, clock } = system;
      const job = gitLab.addJob({ id: 7, tags });
      for (let minute = 0; minute < 20; minute += 1) {
        await system.start(webhook(job));
        clock.advance(60_000);
      }
      expect(await ledger.attempts(7)).toMatchObject(
        Array.from({ length: attempts }, () => ({
          state: "FAILED",
          reason,
          detail: expect.stringMatching(detail),
        })),
      );
      expect(metrics.recorded).toContainEqual({ name: "JobsFailed", value: 1, dimensions: { reason } });
      expect([gitLab.created.length, lambda.launched.size, ec2.launched.size]).toEqual([0, 0, 0]);
    },
  );

  it("starts after the bounds were raised, with its next attempt", async () => {
    const system = testSystem();
    const { gitLab, mappings, clock, ledger } = system;
    const job = gitLab.addJob({ id: 7, tags: ["aws:disk=600"] });
    await system.start(webhook(job));
    mappings.add({ pk: "settings", sk: "settings", bounds: { disk: 600 } });
    clock.advance(120_000);
    await system.start(webhook(job));
    expect((await ledger.attempts(7)).map(({ state }) => state)).toEqual(["FAILED", "LAUNCHED"]);
  });
});
