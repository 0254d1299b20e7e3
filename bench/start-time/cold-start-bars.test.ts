import { barsOf, type Figures, figuresOf, measuredBars, wholePaths } from "./cold-start-bars";
import type { Cost, Sample } from "./measure-function";

const cost = (work: number, hidden = 0): Cost => ({ work, hidden });
const sample = (load: number, first: Cost, second: Cost): Sample => ({
  load: cost(load),
  first,
  second,
  outcome: "answered",
});
const figures = (load: number, critical = load): Figures => ({
  load,
  whole: critical,
  critical,
  outcome: "answered",
});
const missed = (more: Readonly<Record<string, Figures>>): readonly string[] =>
  barsOf(
    new Map(Object.entries({ "one DynamoDBClient": figures(20), "one SSMClient": figures(10), ...more })),
  )
    .filter(({ ratio, most }) => !(ratio <= most))
    .map(({ says }) => says);

describe("the bars of a cold start", () => {
  it("use the minimum of each phase, less the cost of a later call", () => {
    const samples = [
      sample(20, cost(30, 12), cost(5, 1)),
      sample(25, cost(28, 11), cost(6, 1)),
      sample(22, cost(90, 11), cost(4, 0)),
    ];
    expect(figuresOf(samples)).toEqual({ load: 20, whole: 44, critical: 33, outcome: "answered" });
  });

  it("compare a function's load with one client of the kind that it needs first", () => {
    expect(missed({ "find-runner": figures(28), "authorize-webhook": figures(14) })).toEqual([]);
    expect(missed({ "find-runner": figures(28.1), "authorize-webhook": figures(14.1) })).toHaveLength(2);
  });

  it("are missed by a call that fails", () => {
    const failing = { ...figures(20), outcome: "TransientError: DELETE /runners/9001: 200" };
    expect(missed({ "start-microvm-runner": failing, "find-runner": figures(20) })).toEqual([
      "calls that failed start-microvm-runner",
    ]);
  });

  it("compare both start paths with the older version", () => {
    const before = {
      "look-up-runner before": figures(20, 40),
      "start-lambda-runner before": figures(20, 60),
      "start-ec2-runner before": figures(20, 60),
    };
    const now = {
      "look-up-runner": figures(20, 50),
      "start-lambda-runner": figures(20, 80),
      "start-ec2-runner": figures(20, 80.1),
    };
    expect(missed({ ...before, ...now })).toEqual([expect.stringContaining("start-ec2-runner")]);
    expect(missed(now)).toEqual([]);
  });

  it("state the start paths with the work behind GitLab's answer too", () => {
    const figuresWith = (whole: number): Figures => ({ ...figures(20, 40), whole });
    const names = ["look-up-runner", "start-lambda-runner", "start-ec2-runner"];
    const all = new Map<string, Figures>(
      names.flatMap((name): [string, Figures][] => [
        [name, figuresWith(60)],
        [`${name} before`, figuresWith(40)],
      ]),
    );
    expect(wholePaths(all).map(({ ratio }) => ratio)).toEqual([1.5, 1.5]);
    expect(wholePaths(new Map([["look-up-runner", figuresWith(60)]]))).toEqual([]);
  });

  it("are missed when there is nothing to compare with", () => {
    expect(barsOf(new Map([["find-runner", figures(1)]])).every(({ ratio, most }) => ratio <= most)).toBe(
      false,
    );
  });

  it("near to their figures are measured longer, and compared within the same rounds", async () => {
    const rounds = (load: number, ...more: readonly number[]) =>
      [load, ...more].map((one) => sample(one, cost(1), cost(1)));
    const first = new Map([
      ["one DynamoDBClient", rounds(10)],
      ["one SSMClient", rounds(10)],
      ["find-runner", rounds(15)],
      ["start-next-job", rounds(11)],
    ]);
    const asked: (ReadonlySet<string> | undefined)[] = [];
    const { bars } = await measuredBars(async (rows) => {
      asked.push(rows);
      const longer = new Map([
        ["one DynamoDBClient", rounds(11, 9)],
        ["find-runner", rounds(12.6, 14)],
      ]);
      return rows === undefined ? first : longer;
    });
    expect(asked).toEqual([undefined, new Set(["find-runner", "one DynamoDBClient"])]);
    expect(bars.slice(1).map(({ rows: [name], ratio }) => [name, ratio])).toEqual([
      ["find-runner", 1.4],
      ["start-next-job", 1.1],
    ]);
  });

  it("far from their figures are not measured again", async () => {
    const measure = jest.fn(async () => new Map([["one DynamoDBClient", [sample(10, cost(1), cost(1))]]]));
    expect((await measuredBars(measure)).bars).toHaveLength(1);
    expect(measure).toHaveBeenCalledTimes(1);
  });
});
