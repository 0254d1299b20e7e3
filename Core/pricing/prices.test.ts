import { functionHour, PRICES_AS_OF, priceRange } from "./prices";

const LAMBDA = {
  arm64: { gbSecond: 0.0000133334, request: 0.0000002 },
  x86_64: { gbSecond: 0.0000166667, request: 0.0000002 },
} as const;

describe("prices", () => {
  it("of a function's hour come from its memory and architecture", () => {
    expect(functionHour(LAMBDA, { memoryMiB: 1024, architecture: "arm64" })).toBeCloseTo(0.04800024, 10);
    expect(functionHour(LAMBDA, { memoryMiB: 10_240, architecture: "x86_64" })).toBeCloseTo(0.6000012, 10);
  });

  it("have a range only where all of them are known", () => {
    expect(priceRange([0.2, 0.1, 0.3])).toEqual({ least: 0.1, most: 0.3 });
    expect(priceRange([0.2, undefined])).toBeUndefined();
    expect(priceRange([])).toBeUndefined();
  });

  it("at rest are dated", () => {
    expect(PRICES_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });
});
