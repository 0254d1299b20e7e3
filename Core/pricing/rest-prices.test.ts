import { costAtRest, type RestingDeployment } from "./rest-prices";

const NOTHING: RestingDeployment = {
  alarms: 0,
  dashboards: 0,
  scheduled: [],
  hasRunnerImage: false,
  natGateways: 0,
};

describe("the cost at rest", () => {
  it.each([
    ["alarms", { alarms: 37 }, 3.7, 2.7],
    ["CloudWatch dashboard", { dashboards: 1 }, 3, 0],
    ["CloudWatch dashboard", { dashboards: 5 }, 15, 6],
  ])("takes off what is free of %s: %j", (unit, some, cost, costBeyondFree) => {
    const [line, ...others] = costAtRest({ ...NOTHING, ...some });
    expect(others).toEqual([]);
    expect(line?.unit).toBe(unit);
    expect(line?.cost).toBeCloseTo(cost);
    expect(line?.costBeyondFree).toBeCloseTo(costBeyondFree);
  });

  it("counts each call of a schedule with its memory, and its trace where it has one", () => {
    const scheduled = [
      { id: "ReconcilerFunction", calls: 43_200, memoryMiB: 512, isTraced: false },
      { id: "F", calls: 720, memoryMiB: 1_024, isTraced: true },
    ];
    const counts = new Map(costAtRest({ ...NOTHING, scheduled }).map(({ unit, count }) => [unit, count]));
    expect(counts.get("thousand calls of scheduled functions")).toBe(43.92);
    expect(counts.get("thousand GB-seconds of them")).toBe(21.6 + 0.72);
    expect(counts.get("thousand traces of them")).toBe(0.72);
  });

  it("begins with NAT gateways where there are any, and leaves out what there is not", () => {
    const units = (natGateways: number) =>
      costAtRest({ ...NOTHING, alarms: 1, natGateways }).map(({ unit }) => unit);
    expect(units(2)).toEqual(["NAT gateways", "alarms"]);
    expect(units(0)).toEqual(["alarms"]);
  });
});
