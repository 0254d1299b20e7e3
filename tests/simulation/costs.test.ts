import type { Runner } from "../../Core/model/ledger";
import { settle, simulationWith } from "./scenario-parts";
import type { Simulation } from "./world/world";

/**
 * What the world's AWS asks, in ten billionths of a dollar: a bill in whole numbers, from the simulated EC2 and Lambda, and
 * without the rules that the product counts by.
 */
const HOUR_OF_M7G_LARGE = 910_000_000n; // 0.091 USD
const SPOT_TENTHS = { "subnet-a": 4n, "subnet-b": 5n } as const;
const REQUEST = 2_000n; // 0.0000002 USD
const GB_SECOND = 133_334n; // 0.0000133334 USD
const MIB = 1_769n;

const instanceBill = (world: Simulation, { resourceId = "", market }: Runner, ran: bigint): bigint => {
  const subnet = world.ec2.instances.get(resourceId)?.place.SubnetId === "subnet-a" ? "subnet-a" : "subnet-b";
  const hour = market === "spot" ? (HOUR_OF_M7G_LARGE * SPOT_TENTHS[subnet]) / 10n : HOUR_OF_M7G_LARGE;
  const seconds = ran > 60_000n ? (ran + 999n) / 1_000n : 60n;
  return (hour * seconds) / 3_600n;
};

const billOf = (world: Simulation, runner: Runner): bigint => {
  const { LAUNCHED = 0, GONE = 0 } = runner.times;
  const ran = BigInt(GONE - LAUNCHED);
  return runner.provider === "EC2"
    ? instanceBill(world, runner, ran)
    : (GB_SECOND * MIB * ran) / (1_024n * 1_000n) + REQUEST;
};

const dollars = (amount: bigint): number => Number(amount) / 1e10;

describe("what runners cost in the simulation", () => {
  it("is known of each, on Lambda, spot and on demand, and is what AWS asks for its time", async () => {
    const world = simulationWith({ ec2: { noSpot: 0.5 } });
    const kinds = ["lambda", "ec2", "sized"] as const;
    const jobs = Array.from({ length: 45 }, (_, index) =>
      world.addJob({ kind: kinds[index % 3] ?? "ec2", seconds: 5 + index * 7 }),
    );
    await settle(world);
    const runners = [...world.table.runners.values()];
    const markets = new Set(runners.map(({ provider, market }) => `${provider} ${market}`));
    expect([...markets].sort()).toEqual(["EC2 on-demand", "EC2 spot", "LAMBDA undefined"]);
    for (const { id } of jobs) {
      const attempt = world.table.attempts.get(id)?.at(-1);
      const runner = world.table.runners.get(attempt?.runnerId ?? 0);
      expect(attempt?.cost).toBeCloseTo(dollars(billOf(world, runner!)), 8);
    }
  });
});
