import { lambdaRunnersAt } from "./lambda-room";

describe("lambdaRunnersAt", () => {
  it.each([
    [1, 1],
    [6, 1],
    [10, 5],
    [50, 25],
    [200, 100],
    [1_000, 900],
  ])("F-77: of %d concurrent executions leaves %d to runners", (concurrency, runners) => {
    expect(lambdaRunnersAt(concurrency)).toBe(runners);
  });
});
