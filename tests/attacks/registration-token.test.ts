import { STACK } from "../../AutoScaler/src/ports";
import { type TestSystem, testSystem, webhook } from "../../AutoScaler/src/testing/fakes/test-system";
import { DEFAULT_LIMITS } from "../../Core/model/runner-order";

/**
 * What falls away where there is a registration token alone: nobody can ask GitLab, so a webhook with the right secret is
 * believed. These tests say how far; docs/security.md tells it to operators.
 */
const PROJECT = 1;
const OTHERS_PROJECT = 666;
const JOB = 7;
const RUNNER = 9001;

const withTokenAlone = (): TestSystem => testSystem({ mode: "payload" });
const invented = (id: number, projectId = PROJECT) =>
  webhook({ ...withTokenAlone().gitLab.addJob({ id }), projectId });

/** A job of ours on its own runner. */
const running = async (): Promise<TestSystem> => {
  const system = withTokenAlone();
  system.mappings.add({ pk: "job#ec2 job", sk: "tags#ec2", type: "EC2" });
  const job = system.gitLab.addJob({ id: JOB, name: "ec2 job" });
  await system.start(webhook(job));
  await system.pickUp(webhook({ ...job, status: "running", runnerId: RUNNER }));
  return system;
};
const stateOf = async (system: TestSystem) => (await system.ledger.runner(RUNNER))?.state;

describe("with a registration token alone", () => {
  it("T-5: a job that is invented gets a runner, and no more than the limits allow", async () => {
    const system = withTokenAlone();
    for (let id = 1; id <= 200; id += 1) await system.start(invented(id, OTHERS_PROJECT));
    expect(system.ledger.taken(STACK)).toBe(DEFAULT_LIMITS.stack);
  });

  it("T-2: a captured webhook starts nothing while the ledger knows the job, and a runner after that", async () => {
    const system = withTokenAlone();
    const captured = webhook(system.gitLab.addJob({ id: JOB }));
    await system.start(captured);
    await system.start(captured);
    expect(system.gitLab.calls).toEqual(["createRunner"]);
    system.ledger.items.clear();
    await system.start(captured);
    expect(system.gitLab.calls).toEqual(["createRunner", "createRunner"]);
  });

  it("T-16 I-3: a forged end terminates no instance, and another project's touches nothing of the job's", async () => {
    const system = await running();
    const job = system.gitLab.jobsById.get(JOB)!;
    const before = JSON.stringify(await system.ledger.runner(RUNNER));
    await system.stop(
      webhook({ ...job, id: 99, projectId: OTHERS_PROJECT, status: "success", runnerId: RUNNER }),
    );
    expect(JSON.stringify(await system.ledger.runner(RUNNER))).toBe(before);
    await system.stop(webhook({ ...job, status: "success", runnerId: RUNNER }));
    expect(await stateOf(system)).toBe("BUSY");
  });
});
