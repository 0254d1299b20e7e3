import { deploymentMetric } from "../../Core/log";
import { parseTemplate } from "../templates/read-template";
import { HOUR, MINUTE, settle, simulationWith, total } from "./scenario-parts";
import { Alarms, alarmsOf } from "./world/proof/alarms";
import { type MetricName, Metrics } from "./world/proof/metrics";
import { DEPLOYMENT } from "./world/stack";
import type { Simulation } from "./world/world";

const A_MINUTE = 60_000;
const START = 1_000 * A_MINUTE;
const METRIC: MetricName = { namespace: "N", name: "M", dimensions: { D: "d" } };

/** Alarm A on a metric of which each minute has one of these values; undefined: none. */
const ringsIn = (properties: string, values: readonly (number | undefined)[]): readonly number[] => {
  const metrics = new Metrics();
  for (const [minute, value] of values.entries())
    if (value !== undefined) metrics.put(METRIC, value, START + minute * A_MINUTE + 5_000);
  const watched = `Namespace: N, MetricName: M, Dimensions: [{ Name: D, Value: d }], ${properties}`;
  const template = parseTemplate(
    `Resources: { A: { Type: AWS::CloudWatch::Alarm, Properties: { ${watched} } } }`,
  );
  const alarms = new Alarms(metrics, alarmsOf(template));
  return [...values.keys()]
    .map((minute) => minute + 1)
    .filter((minute) => {
      const now = START + minute * A_MINUTE;
      return alarms.ringsAt("A", now, now) !== undefined;
    });
};

const NOT_BELOW = "ComparisonOperator: GreaterThanOrEqualToThreshold";

describe("the evaluator", () => {
  it.each([
    [
      "a sum slides on with every minute",
      `Statistic: Sum, Period: 180, EvaluationPeriods: 1, Threshold: 3, ${NOT_BELOW}`,
      [1, 1, 1, 0, 1],
      [3],
    ],
    [
      "two of three periods",
      `Statistic: Maximum, Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 5, ${NOT_BELOW}`,
      [5, 1, 5, 1, 1],
      [3],
    ],
    [
      "every period, where no number is given",
      `Statistic: Maximum, Period: 60, EvaluationPeriods: 3, Threshold: 5, ${NOT_BELOW}`,
      [5, 5, 4, 5, 5, 5],
      [6],
    ],
    [
      "missing data that breaches",
      "Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: LessThanThreshold, TreatMissingData: breaching",
      [1, undefined, 1],
      [2],
    ],
    [
      "missing data that does not",
      "Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: LessThanThreshold, TreatMissingData: notBreaching",
      [1, undefined, 0],
      [3],
    ],
  ])("S-28: %s", (_, properties, values, minutes) => {
    expect(ringsIn(properties, values)).toEqual(minutes);
  });

  it("S-28: has each metric by the dimensions by which the shipped log counts it", () => {
    const written: string[] = [];
    const write = jest
      .spyOn(process.stdout, "write")
      .mockImplementation((text) => written.push(`${text}`) > 0);
    deploymentMetric(DEPLOYMENT)("RunnersLost", 1, { reason: "runner-crashed" });
    write.mockRestore();
    const [{ Namespace, Dimensions }] = JSON.parse(written[0] ?? "")._aws.CloudWatchMetrics;
    const world = simulationWith();
    const put = jest.spyOn(world.cloudWatch, "put");
    world.count(
      { name: "RunnersLost", value: 1, dimensions: { reason: "runner-crashed" } },
      { gaveUp: new Set() },
    );
    expect(put.mock.calls.map(([metric]) => [metric.namespace, Object.keys(metric.dimensions)])).toEqual(
      Dimensions.map((names: string[]) => [Namespace, names]),
    );
  });
});

/** Alarms that ring from the fifth minute on: before, a new alarm on missing data has none. */
const ringing = (world: Simulation, start: number): readonly string[] =>
  world.alarms.ringing(start + 6 * A_MINUTE, world.timeline.now);

describe("the shipped alarms", () => {
  it("I-31: none rings while all goes well", async () => {
    const world = simulationWith();
    const start = world.timeline.now;
    for (let minute = 0; minute < 20; minute += 2)
      world.after(minute * MINUTE, () => world.addJob({ kind: "lambda" }));
    await world.run(HOUR);
    expect(ringing(world, start)).toEqual([]);
    expect(world.verdict()).toEqual([]);
  });

  it("I-26: a job that has waited for a quarter of an hour rings after five minutes more", async () => {
    const world = simulationWith({ stack: { totalLimit: 1, classLimit: 1, ec2LifetimeSeconds: 2 * HOUR } });
    const start = world.timeline.now;
    world.addJob({ kind: "ec2", seconds: HOUR });
    world.addJob({ kind: "ec2" });
    await settle(world, 2 * HOUR);
    const rang = world.alarms.ringsAt("OldestWaitingAlarm", start, world.timeline.now);
    const minutes = ((rang ?? Number.POSITIVE_INFINITY) - start) / A_MINUTE;
    // The alarm's threshold is a wait of 900 s.
    expect(minutes).toBeGreaterThanOrEqual(15);
    // Five passes see it, and there are the passes before and after.
    expect(minutes).toBeLessThanOrEqual(22);
  });

  it("F-50: passes that come to no end ring after five minutes", async () => {
    const world = simulationWith();
    await world.run(10 * MINUTE);
    const since = world.timeline.now;
    world.calls.plan = ({ caller }) => (caller === "ReconcilerFunction" ? "dies" : undefined);
    await world.run(10 * MINUTE);
    const rang = world.alarms.ringsAt("ReconcilerMissingAlarm", since, world.timeline.now);
    // Five periods of a minute, and what is left of the one in which it began.
    expect(((rang ?? Number.POSITIVE_INFINITY) - since) / A_MINUTE).toBeLessThanOrEqual(6);
  });

  it("F-1: a webhook that is switched off rings within half an hour", async () => {
    const world = simulationWith({ webhooks: { lost: 1 } });
    const start = world.timeline.now;
    for (let minute = 0; minute < 25; minute += 3)
      world.after(minute * MINUTE, () => world.addJob({ kind: "lambda" }));
    await world.run(30 * MINUTE);
    expect(world.alarms.ringsAt("JobsFoundByReconcilerAlarm", start, world.timeline.now)).toBeDefined();
  });

  /** A job a minute, of which every `nth` has no `pending` webhook. */
  const withLostWebhooks = async (nth: number, jobs: number): Promise<number | undefined> => {
    const world = simulationWith();
    const start = world.timeline.now;
    world.webhooks.fate = (job, status) => (status === "pending" && job.id % nth === 0 ? "lost" : undefined);
    for (let minute = 0; minute < jobs; minute += 1)
      world.after(minute * MINUTE, () => world.addJob({ kind: "lambda" }));
    await world.run(HOUR);
    return world.alarms.ringsAt("JobsFoundByReconcilerAlarm", start, world.timeline.now);
  };

  it("F-1: rings where the reconciler finds half of the jobs", async () => {
    expect(await withLostWebhooks(2, 30)).toBeDefined();
  });

  it.each([
    ["every tenth job", 10, 40],
    ["the only job of an hour", 1, 1],
    ["no job, since there is none", 1, 0],
  ])("F-1: is silent where the reconciler finds %s", async (_, nth, jobs) => {
    expect(await withLostWebhooks(nth, jobs)).toBeUndefined();
  });

  it("I-1: a job that will get no runner rings, and so does the workflow that failed for it", async () => {
    const world = simulationWith();
    const start = world.timeline.now;
    const job = world.addJob({ kind: "broken" });
    await world.run(20 * MINUTE);
    expect([...world.reported.keys()]).toEqual([job.id]);
    expect(ringing(world, start)).toEqual(
      expect.arrayContaining(["JobsFailedAlarm", "StartRunnerFailuresAlarm"]),
    );
  });

  it("F-58: a pick-up that is given up rings, and its message in the dead-letter queue too", async () => {
    const world = simulationWith();
    const start = world.timeline.now;
    world.calls.plan = ({ caller }) => (caller === "RecordPickUpFunction" ? "fails" : undefined);
    world.addJob({ kind: "ec2" });
    await world.run(30 * MINUTE);
    expect(ringing(world, start)).toEqual(expect.arrayContaining(["PickUpErrorsAlarm", "DlqMessagesAlarm"]));
    expect(world.conservation.count("failed")).toBeGreaterThan(0);
  });

  /** A job a minute for two hours, under a limit that lets one run at a time; each runs so many seconds. */
  const withObjective = async (seconds: number): Promise<Simulation> => {
    const world = simulationWith({ stack: { totalLimit: 1, classLimit: 1 } });
    world.mapping = [
      ...world.mapping,
      { pk: "settings", sk: "settings", queueTimeObjective: { seconds: 30, percent: 95 } },
    ];
    for (let minute = 0; minute < 120; minute += 1)
      world.after(minute * MINUTE, () => world.addJob({ kind: "lambda", seconds }));
    await world.run(2 * HOUR);
    return world;
  };
  const OBJECTIVE = ["QueueObjectiveFastAlarm", "QueueObjectiveSlowAlarm"];

  it("I-47: jobs that wait longer than the objective ring in both windows, by the cause that most of them waited for", async () => {
    const world = await withObjective(75);
    expect(ringing(world, world.timeline.now - 2 * HOUR * 1_000)).toEqual(expect.arrayContaining(OBJECTIVE));
    // Of one or two the start may have taken longer than the slot.
    expect(world.usage("missed:slot")).toBeGreaterThan(0.9 * world.usage("missed"));
    expect(world.metrics.get("QueueObjectiveMissed/slot")).toBe(world.usage("missed:slot"));
    const rang = world.alarms.ringsAt(
      "QueueObjectiveFastAlarm",
      world.timeline.now - 2 * HOUR * 1_000,
      world.timeline.now,
    );
    const minutes = ((rang ?? Number.POSITIVE_INFINITY) - (world.timeline.now - 2 * HOUR * 1_000)) / A_MINUTE;
    // Each job waits for 15 s longer than the one before, so the third misses; the fifth miss rings, a job ends every 80 s.
    expect(minutes).toBeLessThan(15);
  });

  it("I-47: none of them rings while jobs wait no longer than the objective allows", async () => {
    const world = await withObjective(20);
    expect(
      ringing(world, world.timeline.now - 2 * HOUR * 1_000).filter((id) => OBJECTIVE.includes(id)),
    ).toEqual([]);
    // A job a minute for two hours.
    expect(world.usage("waits")).toBeGreaterThan(100);
    expect(world.usage("missed")).toBe(0);
  });

  it("I-47: without an objective nothing of it is sent", async () => {
    const world = simulationWith();
    world.addJob({ kind: "lambda" });
    await settle(world);
    expect([...world.metrics.keys()].filter((name) => name.startsWith("QueueObjective"))).toEqual([]);
    expect(total(world, "QueueSeconds")).toBeGreaterThan(0);
  });
});
