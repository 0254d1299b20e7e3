import { fakeEventBus } from "../testing/fakes/fake-event-bus";
import { anAttempt } from "../testing/fakes/items";
import { tellMissed } from "./tell-missed";

const waited = (isMissed: boolean) => {
  const attempt = anAttempt({});
  const order = { ...attempt.order, objective: { seconds: 180, percent: 95 } };
  return { attempt: { ...attempt, order }, waits: { slot: 150_000, boot: 50_000 }, isMissed };
};

it("tells others of a job that missed the objective, with what it waited for most", async () => {
  const bus = fakeEventBus();
  await tellMissed({ bus, deploymentId: "test" }, waited(true));
  expect(bus.told).toHaveLength(1);
  expect(bus.told[0]?.DetailType).toBe("QueueTimeObjectiveMissed");
  expect(JSON.parse(bus.told[0]?.Detail ?? "")).toMatchObject({
    version: 1,
    queuedSeconds: 200,
    objectiveSeconds: 180,
    cause: "slot",
  });
});

it.each([
  ["that met it", waited(false)],
  ["whose wait was told before", undefined],
  ["without one", { ...waited(true), attempt: anAttempt({}) }],
])("tells nobody of a job %s", async (_, one) => {
  const bus = fakeEventBus();
  await tellMissed({ bus, deploymentId: "test" }, one);
  expect(bus.told).toEqual([]);
});

it("is content where the bus takes nothing", async () => {
  const tell = () => Promise.reject(new Error("no"));
  await expect(
    tellMissed({ bus: { ...fakeEventBus(), tell }, deploymentId: "test" }, waited(true)),
  ).resolves.toBeUndefined();
});
