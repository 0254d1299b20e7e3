import { areReported } from "./job-arbitraries";
import { HOUR, MINUTE, simulationWith } from "./scenario-parts";
import type { Job } from "./world/gitlab";
import { type RunnerSpan, wrongStarts } from "./world/proof/starts";
import type { Simulation } from "./world/world";

/** The simulation's own checks: each must find what it is there for. */

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
    // One event for each state of the job: pending, running and its end.
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

describe("starts", () => {
  const ALIVE = Number.POSITIVE_INFINITY;
  const span = (attempt: number, from: number, to = ALIVE, closedAt = ALIVE): RunnerSpan => ({
    jobId: 7,
    attempt,
    from,
    to,
    closedAt,
  });

  it.each([
    ["one runner", [span(1, 0)]],
    ["a further attempt after the first runner's end", [span(1, 0, 10), span(2, 20)]],
    ["a further attempt after another job took the runner", [span(1, 0, ALIVE, 10), span(2, 20)]],
    ["a runner that came when its record was deleted", [span(2, 0, 50), span(1, 20, 30, 15)]],
    ["two jobs", [span(1, 0), { ...span(1, 0), jobId: 8 }]],
  ])("I-2: %s is right", (_, spans) => {
    expect(wrongStarts(spans)).toEqual([]);
  });

  it.each([
    ["two runners for one attempt", [span(1, 0), span(1, 5)]],
    ["a second runner for an attempt whose first is gone", [span(1, 0, 10), span(1, 20)]],
    ["a further attempt, as a doubled webhook would open it", [span(1, 0), span(2, 5)]],
    ["a further attempt before the first runner was closed", [span(1, 0, ALIVE, 10), span(2, 5)]],
  ])("I-2: %s is found", (_, spans) => {
    expect(wrongStarts(spans)).toHaveLength(1);
  });

  /** What a product without a claim would do: EC2 gets a second launch for the job, as its next attempt. */
  it("I-2: a second launch for a waiting job is found in a world", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2" });
    world.when(
      () => world.ec2.instances.size === 1,
      () => {
        const Tags = [
          { Key: "glr:job", Value: `${job.id}-2` },
          { Key: "glr:class", Value: "default" },
        ];
        world.ec2.createFleet({
          ClientToken: "another",
          TagSpecifications: [{ ResourceType: "instance", Tags }],
          TargetCapacitySpecification: { TotalTargetCapacity: 1 },
          LaunchTemplateConfigs: [{}],
        });
      },
    );
    await world.run(MINUTE);
    expect(world.verdict()).toContain(
      `I-2: ${job.id}-2 began while the runner of ${job.id}-1 could serve the job`,
    );
  });
});

describe("jobs without a runner", () => {
  const waiting = (job: Job): string => `job ${job.id} is pending`;

  it("I-1: are reported job by job: failures of one job do not count for another", async () => {
    const world = simulationWith();
    const given = world.addJob({ kind: "broken" });
    await world.run(HOUR);
    // More than one failure of the same job, which must not count for the other.
    expect(world.metrics.get("JobsFailed")).toBeGreaterThanOrEqual(2);
    world.startsAreOn = false;
    const forgotten = world.addJob({ kind: "ec2" });
    await world.run(MINUTE);
    expect(areReported(world, [waiting(given)])).toBe(true);
    expect(areReported(world, [waiting(given), waiting(forgotten)])).toBe(false);
  });
});
