import type { Ledger } from "../ports";
import { interrupted } from "../testing/fakes/interrupted";
import { type TestSystem, testSystem, webhook, workflows } from "../testing/fakes/test-system";

const startWith = (system: TestSystem, changed: Partial<TestSystem["dependencies"]>, ec2 = system.ec2) => {
  const run = workflows(
    { ...system.dependencies, ...changed },
    { lambda: system.lambda, ec2 },
    system.routing,
  );
  return run.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
};

/** Time for every call that does not depend on an answer. */
const aMoment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("what a start reads of the ledger", () => {
  it("asks for the job, the slots and the queues at once", async () => {
    const system = testSystem();
    const unanswered = new Set<string>();
    const together: string[][] = [];
    const reading =
      <Asked extends readonly unknown[], Answer>(name: string, read: (...asked: Asked) => Promise<Answer>) =>
      async (...asked: Asked): Promise<Answer> => {
        unanswered.add(name);
        await aMoment();
        together.push([...unanswered].sort());
        unanswered.clear();
        return read(...asked);
      };
    const ledger: Ledger = {
      ...system.ledger,
      attempts: reading("attempts", system.ledger.attempts),
      slots: reading("slots", system.ledger.slots),
      rotation: reading("queues", system.ledger.rotation),
    };
    await startWith(system, { ledger });
    expect(together[0]).toEqual(["attempts", "queues", "slots"]);
  });

  it("stores the launch without a read, since it stored runner and attempt itself", async () => {
    const system = testSystem();
    const read: number[] = [];
    const ledger: Ledger = {
      ...system.ledger,
      runner: (runnerId) => {
        read.push(runnerId);
        return system.ledger.runner(runnerId);
      },
    };
    expect(await startWith(system, { ledger })).toMatchObject({ kind: "launched" });
    expect(read).toEqual([]);
  });

  it("reads both again where another changed one of them during the launch", async () => {
    const system = testSystem();
    const ec2 = interrupted(system.ec2, "launch", async () => {
      const [attempt] = await system.ledger.attempts(7);
      const runner = await system.ledger.runner(9001);
      await system.ledger.commit([
        { put: { ...attempt!, version: attempt!.version + 1, detail: "of another" } },
        { put: { ...runner!, version: runner!.version + 1, detail: "of another" } },
      ]);
    });
    const outcome = await startWith(system, {}, ec2);
    expect(outcome).toMatchObject({ kind: "launched" });
    const [instanceId] = [...system.ec2.launched.values()];
    expect(await system.ledger.runner(9001)).toMatchObject({ resourceId: instanceId });
    expect(await system.ledger.attempts(7)).toMatchObject([{ state: "LAUNCHED", resourceId: instanceId }]);
  });
});
