import { functionPrice, instancePrice, spotPricesOf } from "./known-prices";
import { type PriceRecord, parsePriceRecord } from "./price-record";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";
const AT = Date.UTC(2026, 10, 30, 12);

const record: PriceRecord = {
  region: "eu-west-1",
  list: {
    at: AT - 3_600_000,
    instances: { "m7g.large": 0.0911 },
    lambda: {
      arm64: { gbSecond: 0.0000133334, request: 0.0000002 },
      x86_64: { gbSecond: 0.0000166667, request: 0.0000002 },
    },
  },
  spot: { at: AT, instances: { "m7g.large": { "eu-west-1a": 0.0321, "eu-west-1b": 0.0451 } } },
  zones: { "subnet-1": "eu-west-1b", "subnet-2": "eu-west-1c" },
  functions: { [ARN]: { memoryMiB: 2048, storageMiB: 4096, architecture: "x86_64" } },
  askedAt: AT,
  activeAt: AT,
};
const known = { region: "eu-west-1", record };
const unkept = { region: "eu-west-1" };

describe("the known price", () => {
  it("on demand is the price list's, with its day", () => {
    const price = instancePrice(known, { instanceType: "m7g.large", boughtAs: "on-demand" });
    expect(price).toEqual({ perHour: 0.0911, source: "price-list", asOf: AT - 3_600_000 });
  });

  it.each([
    ["nothing is kept yet", unkept],
    [
      "the list has no such type",
      { ...known, record: { ...record, list: { ...record.list!, instances: {} } } },
    ],
  ])("on demand is the dated table's where %s", (_, without) => {
    const price = instancePrice(without, { instanceType: "m7g.large", boughtAs: "on-demand" });
    expect(price).toMatchObject({ perHour: 0.091, source: "table" });
  });

  it("as spot is that of the zone of its subnet", () => {
    const bought = { instanceType: "m7g.large", boughtAs: "spot", subnetId: "subnet-1" } as const;
    expect(instancePrice(known, bought)).toEqual({ perHour: 0.0451, source: "spot-history", asOf: AT });
    expect(spotPricesOf(known, "m7g.large")).toEqual([0.0321, 0.0451]);
  });

  it.each([
    ["a zone without a price", known, "m7g.large", "subnet-2"],
    ["a subnet of no known zone", known, "m7g.large", "subnet-9"],
    ["another type", known, "m6g.large", "subnet-1"],
    ["a type of an odd name", known, "constructor", "subnet-1"],
    ["no record", unkept, "m7g.large", "subnet-1"],
  ])("as spot is unknown, and never guessed, for %s", (_, of, instanceType, subnetId) => {
    expect(instancePrice(of, { instanceType, boughtAs: "spot", subnetId })).toBeUndefined();
  });

  it("of a function is that of its size, by the list or else the table", () => {
    const price = functionPrice(known, ARN);
    expect(price).toMatchObject({ perRequest: 0.0000002, source: "price-list", asOf: AT - 3_600_000 });
    expect(price?.perHour).toBeCloseTo(2 * 0.0000166667 * 3_600, 12);
    const { list: _, ...unlisted } = record;
    expect(functionPrice({ region: "eu-west-1", record: unlisted }, ARN)).toMatchObject({ source: "table" });
  });

  it("of a function of unknown size is unknown", () => {
    expect(functionPrice(known, `${ARN}-2`)).toBeUndefined();
    expect(functionPrice(unkept, ARN)).toBeUndefined();
  });
});

describe("the record", () => {
  it("is read as it was stored", () => {
    expect(parsePriceRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it("leaves out what another version wrote in another shape", () => {
    const odd = {
      ...record,
      list: { at: AT, instances: { "m7g.large": "0.1" } },
      zones: [],
      functions: { [ARN]: {} },
    };
    const { list: _, ...rest } = record;
    expect(parsePriceRecord(odd)).toEqual({ ...rest, zones: {}, functions: {} });
    expect(parsePriceRecord({ ...record, spot: { at: AT, instances: { a: 1, b: { z: 2 } } } })?.spot).toEqual(
      {
        at: AT,
        instances: { b: { z: 2 } },
      },
    );
  });

  it.each([undefined, null, 3, [], {}, { region: 3 }])("is none where %j was stored", (value) => {
    expect(parsePriceRecord(value)).toBeUndefined();
  });
});
