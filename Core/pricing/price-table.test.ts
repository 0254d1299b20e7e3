import { functionInTable, instanceInTable } from "./price-table";

const SIZE = { memoryMiB: 1024, storageMiB: 512, architecture: "arm64" } as const;

describe("the dated table", () => {
  it("has what an instance costs in its region, and says that it is the table and of which day", () => {
    expect(instanceInTable("m7g.large", "us-east-1")).toEqual({
      perHour: 0.0816,
      source: "table",
      asOf: Date.UTC(2026, 0, 19),
    });
    expect(instanceInTable("m7g.large", "eu-central-1")).toMatchObject({ perHour: 0.0978 });
  });

  it.each([
    ["m7g.large", "eu-north-1"],
    ["m7g.large", "sa-east-1"],
    ["p5.48xlarge", "us-east-1"],
    ["constructor", "us-east-1"],
    ["m7g.large", "constructor"],
  ])("never guesses: %s in %s is unknown", (type, region) => {
    expect(instanceInTable(type, region)).toBeUndefined();
  });

  it("has what a function of any size costs, and its request", () => {
    const price = functionInTable(SIZE, "sa-east-1");
    expect(price).toMatchObject({ perRequest: 0.0000002, source: "table" });
    expect(price?.perHour).toBeCloseTo(0.04800024, 10);
    expect(functionInTable(SIZE, "eu-north-1")).toBeUndefined();
  });
});
