import { instancePrice } from "../../../Core/pricing/known-prices";
import { PRICES_RECORD, parsePriceRecord } from "../../../Core/pricing/price-record";
import { rememberProject } from "../ledger/seen-projects";
import type { MappingRow } from "../ports";
import { fakeClock } from "../testing/fakes/fake-clock";
import { fakeLedger } from "../testing/fakes/fake-ledger";
import { fakeMappings } from "../testing/fakes/fake-mappings";
import { fakePrices } from "../testing/fakes/fake-prices";
import { keepPrices } from "./keep-prices";
import { PriceMemory } from "./price-memory";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";
const OTHER = "arn:aws:lambda:eu-west-1:111122223333:function:other";
const REGION = "eu-west-1";
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

const CLASS = {
  name: "default",
  type: "EC2",
  lifetimeSeconds: 600,
  waitTimeoutSeconds: 60,
  maxRunners: 5,
} as const;
const ec2 = {
  architecture: "arm64",
  instanceTypes: ["m7g.large"],
  market: "spot-first",
  diskGiB: 30,
  privileged: false,
} as const;
const STACK = {
  region: REGION,
  subnetIds: ["subnet-1", "subnet-2"],
  allowedInstanceTypes: { arm64: ["m7g.large", "c7g.large"], x86_64: ["m7i.large"] },
  defaultRunnerArn: ARN,
  defaults: {
    LAMBDA: { ...CLASS, type: "LAMBDA" },
    EC2: { ...CLASS, ec2 },
    MICROVM: { ...CLASS, type: "MICROVM" },
  },
} as const;

const prepare = (rows: readonly MappingRow[] = []) => {
  const clock = fakeClock();
  const ledger = fakeLedger();
  const prices = fakePrices(REGION);
  const mappings = fakeMappings(rows);
  const dependencies = { ...prices, clock, ledger, mappings };
  const stored = async () => ledger.stateRecord(PRICES_RECORD);
  return {
    ...dependencies,
    run: (stack: Parameters<typeof keepPrices>[1] = STACK) => keepPrices(dependencies, stack),
    stored,
    record: async () => parsePriceRecord((await stored())?.value)!,
    known: async () => ({ region: REGION, record: parsePriceRecord((await stored())?.value)! }),
  };
};

describe("the prices that are kept", () => {
  it("are those of what the deployment may launch, with the sizes and zones by which a launch finds them", async () => {
    const system = prepare([{ pk: "job#a", sk: "tags#", type: "LAMBDA", arn: OTHER }]);
    system.sizes.set(OTHER, { memoryMiB: 512, storageMiB: 512, architecture: "x86_64" });
    await system.run();
    const record = await system.record();
    expect(record.list?.instances).toEqual({ "m7g.large": 0.091, "c7g.large": 0.0775, "m7i.large": 0.11235 });
    expect(record.zones).toEqual({ "subnet-1": "eu-west-1a", "subnet-2": "eu-west-1b" });
    expect(record.functions).toEqual({
      [ARN]: { memoryMiB: 1_769, storageMiB: 4_096, architecture: "arm64", isTenantIsolated: true },
      [OTHER]: { memoryMiB: 512, storageMiB: 512, architecture: "x86_64" },
    });
    const bought = { instanceType: "m7g.large", boughtAs: "spot", subnetId: "subnet-2" } as const;
    const price = instancePrice(await system.known(), bought);
    expect(price).toEqual({ perHour: 0.0455, source: "spot-history", asOf: system.clock.now() });
  });

  it("are asked for as seldom as they change: the list once a day, spot each time", async () => {
    const system = prepare();
    await system.run();
    for (let minutes = 0; minutes < 23 * 60; minutes += 10) {
      system.clock.advance(10 * MINUTE);
      await rememberProject(system, 42);
      await system.run();
    }
    expect(system.asked.filter((name) => name === "instances")).toHaveLength(1);
    expect(system.asked.filter((name) => name === "zones")).toHaveLength(1);
    expect(system.asked.filter((name) => name === "prices")).toHaveLength(1 + 6 * 23);
    system.clock.advance(HOUR);
    await system.run();
    expect(system.asked.filter((name) => name === "instances")).toHaveLength(2);
  });

  it("of spot are not asked where nothing was started for a day, and are again once a job is seen", async () => {
    const system = prepare();
    await system.run();
    system.clock.advance(DAY);
    system.asked.length = 0;
    expect(await system.run()).toMatchObject({ isActive: false, notKept: [] });
    expect(system.asked).not.toContain("prices");
    expect(system.asked).toContain("instances");
    const before = await system.stored();
    system.asked.length = 0;
    system.clock.advance(10 * MINUTE);
    await system.run();
    expect(system.asked).toEqual([]);
    expect(await system.stored()).toEqual(before);
    await rememberProject(system, 42);
    expect(await system.run()).toMatchObject({
      isActive: true,
      kept: expect.arrayContaining(["spot-history"]),
    });
  });

  it.each<
    readonly [string, readonly MappingRow[], typeof STACK.defaults.EC2.ec2.market | "on-demand", boolean]
  >([
    ["no class buys it", [], "on-demand", false],
    [
      "the mapping has the default class buy on demand",
      [{ pk: "class#default", sk: "class", EC2: { market: "on-demand" } }],
      "spot-first",
      false,
    ],
    ["one class buys it", [{ pk: "class#big", sk: "class", type: "EC2", market: "spot" }], "on-demand", true],
  ])("of spot: where %s", async (_, rows, market, isAsked) => {
    const system = prepare(rows);
    await system.run({
      ...STACK,
      defaults: { ...STACK.defaults, EC2: { ...CLASS, ec2: { ...ec2, market } } },
    });
    expect(system.asked.includes("prices")).toBe(isAsked);
  });

  it("stay as they were, with their day, where AWS refuses one of them, and the others are kept", async () => {
    const system = prepare();
    await system.run();
    const [list, first] = [(await system.record()).list, system.clock.now()];
    system.clock.advance(DAY);
    await rememberProject(system, 42);
    system.refused.add("instances");
    expect(await system.run()).toMatchObject({ notKept: ["price-list"] });
    expect((await system.record()).list).toEqual(list);
    expect((await system.record()).spot?.at).toBe(first + DAY);
    // Within the hour it is not asked again.
    system.refused.clear();
    system.clock.advance(50 * MINUTE);
    await system.run();
    expect((await system.record()).list).toEqual(list);
    system.clock.advance(10 * MINUTE);
    await system.run();
    expect((await system.record()).list?.at).toBe(first + DAY + HOUR);
  });

  it("lack what was never reached, and the dated table stands in for it", async () => {
    const system = prepare();
    system.refused.add("instances").add("prices");
    expect(await system.run()).toMatchObject({ notKept: ["price-list", "spot-history"] });
    const known = await system.known();
    const bought = { instanceType: "m7g.large", subnetId: "subnet-1" } as const;
    expect(instancePrice(known, { ...bought, boughtAs: "on-demand" })).toMatchObject({ source: "table" });
    expect(instancePrice(known, { ...bought, boughtAs: "spot" })).toBeUndefined();
  });

  it("of another region, which a restored table may have, are left", async () => {
    const system = prepare();
    await system.run();
    await system.run({ ...STACK, region: "us-east-1" });
    expect(await system.record()).toMatchObject({ region: "us-east-1" });
  });

  it("of a type that is newly allowed are asked within the hour", async () => {
    const system = prepare();
    await system.run();
    system.clock.advance(HOUR);
    const allowedInstanceTypes = { arm64: ["m7g.large", "m6g.large"], x86_64: [] };
    await system.run({ ...STACK, allowedInstanceTypes });
    expect((await system.record()).list?.instances).toEqual({ "m7g.large": 0.091, "m6g.large": 0.086 });
  });

  it("hide no fault of our own", async () => {
    const system = prepare();
    const mappings = { launchables: () => Promise.reject(new TypeError("ours")) };
    await expect(keepPrices({ ...system, mappings }, STACK)).rejects.toThrow("ours");
  });
});

describe("what a start knows of prices", () => {
  it("is read once in ten minutes, and stays where the ledger does not answer", async () => {
    const system = prepare();
    await system.run();
    let reads = 0;
    const ledger = {
      ...system.ledger,
      stateRecord: (name: string) => {
        reads += 1;
        return reads === 3 ? Promise.reject(new Error("down")) : system.ledger.stateRecord(name);
      },
    };
    const memory = new PriceMemory(REGION);
    const reading = { ledger, clock: system.clock };
    const first = await memory.known(reading);
    expect(first).toEqual(await system.known());
    system.clock.advance(10 * MINUTE - 1);
    expect(await memory.known(reading)).toEqual(first);
    expect(reads).toBe(1);
    system.clock.advance(1);
    await memory.known(reading);
    expect(reads).toBe(2);
    system.clock.advance(10 * MINUTE);
    expect(await memory.known(reading)).toEqual(first);
    await memory.known(reading);
    expect(reads).toBe(4);
  });

  it("is nothing where there is no record yet", async () => {
    const system = prepare();
    expect(await new PriceMemory(REGION).known(system)).toEqual({ region: REGION });
  });
});
