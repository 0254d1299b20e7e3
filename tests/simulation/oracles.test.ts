import { HOUR, MINUTE, simulationWith } from "./scenario-parts";
import type { Simulation } from "./world/world";

/** The simulation's own judges: each must find what it is there for. */

const THIRTY_MINUTES = 30 * MINUTE;

/** A job from its begin until long after its end. */
const live = async (world: Simulation): Promise<string[]> => {
  world.addJob({ kind: "ec2" });
  await world.run(THIRTY_MINUTES);
  return world.verdict();
};

/** The bus takes the first event, and forgets to deliver it. */
const dropDelivery = (world: Simulation): void => {
  const { put } = world.bus;
  const { after } = world.timeline;
  world.bus.put = (event) => {
    const isMatched = event.detail.build_status === "pending";
    if (isMatched) world.timeline.after = () => undefined;
    put.call(world.bus, event);
    world.timeline.after = after;
    if (isMatched) world.bus.put = put;
  };
};

/** Step Functions loses the first execution without a word. */
const dropWorkflow = (world: Simulation): void => {
  const { execute } = world.executions;
  world.executions.execute = () => {
    world.executions.execute = execute;
  };
};

/** An execution does its work, and its end is not written down. */
const dropEnd = (world: Simulation): void => {
  const { ended } = world.conservation;
  world.conservation.ended = () => {
    world.conservation.ended = ended;
  };
};

const doubleEnd = (world: Simulation): void => {
  const { ended } = world.conservation;
  world.conservation.ended = (...end) => {
    ended.apply(world.conservation, end);
    ended.apply(world.conservation, end);
  };
};

describe("conservation of events", () => {
  it("I-31: is kept by a world in which nothing goes wrong", async () => {
    const world = simulationWith();
    expect(await live(world)).toEqual([]);
    expect(world.conservation.count("handled")).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ["a delivery is dropped", dropDelivery],
    ["a workflow is dropped", dropWorkflow],
    ["an end is dropped", dropEnd],
    ["an event ends twice", doubleEnd],
  ])("I-31: is broken when %s", async (_, breakIt) => {
    const world = simulationWith();
    breakIt(world);
    expect((await live(world)).filter((wrong) => wrong.startsWith("I-31"))).not.toEqual([]);
  });

  it("I-31: is broken when every workflow vanishes for two hours", async () => {
    const world = simulationWith();
    world.executions.execute = () => undefined;
    world.addJob({ kind: "ec2" });
    await world.run(2 * HOUR);
    const lost = world.verdict().filter((wrong) => wrong.startsWith("I-31"));
    expect(lost.length).toBeGreaterThan(1);
  });
});
