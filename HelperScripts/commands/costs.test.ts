import { keepFakePrices } from "../../AutoScaler/src/testing/fakes/fake-prices";
import { type TestSystem, testSystem, webhook } from "../../AutoScaler/src/testing/fakes/test-system";
import { recordKey } from "../../Core/ledger/keys";
import { PRICES_RECORD } from "../../Core/pricing/price-record";
import { DeploymentDouble } from "../testing/deployment-double";

const MINUTE = 60_000;
const JOB = 7;
/** Those of the deployment's double. */
const allowedInstanceTypes = { arm64: ["m7g.large", "c7g.large"], x86_64: ["m7i.large"] };

/** A job of half an hour on a spot instance, as the product's own rules start, price and end it. */
const played = async ({ isOver = true, isPriced = true } = {}): Promise<TestSystem> => {
  const system = testSystem();
  if (isPriced) await keepFakePrices(system.dependencies, { ...system.routing, allowedInstanceTypes });
  await system.start(webhook(system.gitLab.addJob({ id: JOB, tags: ["ec2"] })));
  system.gitLab.change(JOB, { status: "running", runnerId: 9001, startedAt: system.clock.now() });
  await system.pickUp(webhook(system.gitLab.jobsById.get(JOB)!));
  system.clock.advance(30 * MINUTE);
  if (isOver) {
    system.gitLab.change(JOB, { status: "success" });
    await system.stop(webhook(system.gitLab.jobsById.get(JOB)!));
  }
  return system;
};

/** The deployment with what the product has stored. */
const deploymentOf = async (system: TestSystem): Promise<DeploymentDouble> => {
  const on = new DeploymentDouble();
  on.setParameter("AccessToken", "glpat-secret-of-ours");
  for (const item of system.ledger.items.values()) on.putLedger(item);
  const record = await system.ledger.stateRecord(PRICES_RECORD);
  if (record !== undefined) on.ledger.put({ ...recordKey(PRICES_RECORD), ...record });
  return on;
};

const whyJson = async (system: TestSystem) => {
  const { out } = await (await deploymentOf(system)).run(["why", String(JOB), "--json"]);
  return JSON.parse(out);
};

describe("why", () => {
  it("--json has what the job cost as a number that nobody rounded, where that is from, and what is estimated", async () => {
    const { cost, costSources, estimates, attempts } = await whyJson(await played());
    // Half an hour of 0.4 of 0.091.
    expect(cost).toBeCloseTo(0.0182, 10);
    expect(costSources).toEqual(["spot-history"]);
    expect(attempts[0]).toMatchObject({ cost, priceSource: "spot-history" });
    expect(estimates.publicIpv4).toBeCloseTo(0.0025, 10);
    expect(estimates.storage).toBeCloseTo((0.5 * 30 * 0.08) / 730, 10);
  });

  it("shows where each price is from, and the estimates apart", async () => {
    const { out } = await (await deploymentOf(await played())).run(["why", String(JOB)]);
    expect(out).toMatch(/spot +\$0\.0364\/h \(spot history\) +\$0\.0182/);
    expect(out).toContain(
      "Cost: $0.0182 (spot history).\nEstimated beside it (us-east-1, 2026-11-24): storage $0.00164",
    );
    expect(out).toContain("a NAT gateway asks $0.0450 for each GB");
  });

  it("says no cost where a price is unknown", async () => {
    expect(await whyJson(await played({ isPriced: false }))).not.toHaveProperty("cost");
  });
});

describe("explain", () => {
  const explain = async (...more: readonly string[]) => {
    const on = await deploymentOf(await played());
    on.mapping.put({ pk: "job#image", sk: "tags#docker", type: "EC2" });
    return (await on.run(["explain", "--project", "42", "--job", "image", "--tags", "docker", ...more])).out;
  };

  it("has the spot prices that were last kept, and those where spot is short", async () => {
    expect(await explain()).toMatch(
      /price +\$0\.0310 to \$0\.0455 an hour as spot \(spot history, 2026-11-25 12:00 UTC\); where spot is short \$0\.0775 to \$0\.0910 an hour on-demand \(price list, 2026-11-25\)/,
    );
    const { price } = JSON.parse(await explain("--json"));
    expect(price).toMatchObject({ most: 0.091, sources: ["spot-history", "price-list"] });
    expect(price.least).toBeCloseTo(0.031, 10);
  });
});
