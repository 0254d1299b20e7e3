import { functionPricePerHour, instancePricePerHour, PRICES_AS_OF, priceRange } from "./prices";

describe("prices", () => {
  it("know what the table has, in its region, on demand", () => {
    expect(instancePricePerHour("m7g.large", "on-demand", "us-east-1")).toBe(0.0816);
  });

  it.each([
    ["m7g.large", "spot", "us-east-1"],
    ["m7g.large", "on-demand", "eu-west-1"],
    ["p5.48xlarge", "on-demand", "us-east-1"],
    ["constructor", "on-demand", "us-east-1"],
  ] as const)("never guess: %s %s in %s is unknown", (type, market, region) => {
    expect(instancePricePerHour(type, market, region)).toBeUndefined();
  });

  it("compute a function's hour from memory, storage and architecture", () => {
    const size = { memoryMiB: 10_240, storageMiB: 10_240, architecture: "arm64" } as const;
    expect(functionPricePerHour(size, "us-east-1")).toBeCloseTo(0.481, 3);
    expect(functionPricePerHour({ ...size, memoryMiB: 1024, storageMiB: 512 }, "us-east-1")).toBeCloseTo(
      0.048,
      6,
    );
    expect(functionPricePerHour({ ...size, architecture: "x86_64" }, "us-east-1")).toBeCloseTo(0.601, 3);
    expect(functionPricePerHour(size, "eu-west-1")).toBeUndefined();
  });

  it("have a range only where all of them are known", () => {
    expect(priceRange([0.2, 0.1, 0.3])).toEqual({ least: 0.1, most: 0.3 });
    expect(priceRange([0.2, undefined])).toBeUndefined();
    expect(priceRange([])).toBeUndefined();
  });

  it("are dated", () => {
    expect(PRICES_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });
});
