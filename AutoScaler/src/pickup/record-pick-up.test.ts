import { testSystem, webhook } from "../testing/fakes/test-system";

const started = async ({ delay = 0 } = {}) => {
  const system = testSystem();
  await system.start(webhook(system.gitLab.addJob({ id: 7, tags: ["ec2"] })));
  system.gitLab.change(7, { status: "running", runnerId: 9001, startedAt: system.clock.now() });
  system.clock.advance(delay);
  await system.pickUp(webhook(system.gitLab.jobsById.get(7)!));
  return system;
};

describe("recordPickUp", () => {
  it("T-11: measures how long after its job's start a runner was paused, once", async () => {
    const system = await started({ delay: 2_500 });
    await system.pickUp(webhook(system.gitLab.jobsById.get(7)!));
    const delays = system.metrics.recorded.filter(({ name }) => name === "PauseDelaySeconds");
    expect(delays).toMatchObject([{ name: "PauseDelaySeconds", value: 2.5 }]);
  });

  it("T-11: measures nothing negative when GitLab's clock is ahead", async () => {
    const system = await started({ delay: -4_000 });
    expect(system.metrics.recorded).toContainEqual(
      expect.objectContaining({ name: "PauseDelaySeconds", value: 0 }),
    );
  });
});
