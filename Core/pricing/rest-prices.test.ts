import { costAtRest } from "./rest-prices";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("the cost at rest", () => {
  it("has a tenth of a dollar for each alarm beyond the ten that are free", () => {
    const [alarms] = costAtRest({ alarms: 37, hasRunnerImage: false, natGateways: 0 });
    expect(alarms).toMatchObject({ unit: "alarms", count: 37 });
    expect(alarms?.cost).toBeCloseTo(3.7);
    expect(alarms?.costBeyondFree).toBeCloseTo(2.7);
  });

  it("is some dollars a month, and what is free is taken off", () => {
    const costs = costAtRest({ alarms: 37, hasRunnerImage: true, natGateways: 0 });
    const [all, beyondFree] = [
      sum(costs.map(({ cost }) => cost)),
      sum(costs.map((each) => each.costBeyondFree)),
    ];
    // 3.70 of alarms, 2.40 of metrics, and cents.
    expect(all).toBeCloseTo(6.4, 0);
    // 2.70 of alarms, and cents: the eight metrics are among the ten that are free.
    expect(beyondFree).toBeCloseTo(2.8, 0);
  });

  it("begins with NAT gateways where there are any, and leaves out what there is not", () => {
    const units = (natGateways: number) =>
      costAtRest({ alarms: 1, hasRunnerImage: false, natGateways }).map(({ unit }) => unit);
    expect(units(2)[0]).toBe("NAT gateways");
    expect(units(0)).not.toContain("NAT gateways");
    expect(units(0)).not.toContain("GB of images");
  });
});
