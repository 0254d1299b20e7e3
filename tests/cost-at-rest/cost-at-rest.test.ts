import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REST_METRICS, REST_PASS, REST_PROJECTS } from "../../Core/pricing/rest-use";
import {
  COST_PAGE,
  shippedCosts,
  total,
  withCostFigures,
  withCostTable,
  withoutOptions,
} from "../readme/cost-table";
import { type HourAtRest, hourAtRest } from "./pass-at-rest";

const ROOT = join(__dirname, "../..");
const costs = shippedCosts(ROOT);

describe("an hour of passes with nothing to do", () => {
  let hour: HourAtRest;
  beforeAll(async () => {
    hour = await hourAtRest(REST_PROJECTS);
  });

  it("reads, writes and logs what the bill says", () => {
    expect(hour.pass).toEqual(REST_PASS);
  });

  it("sends no custom metric: each costs 0.30 USD in a month in which it is sent", () => {
    expect(hour.metrics).toEqual([]);
    expect(REST_METRICS).toBe(hour.metrics.length);
  });

  it("would show a metric that a pass sends, once for each set of its dimensions", async () => {
    const { metrics } = await hourAtRest(0, (metric) => metric("JobsFailed", 0, { reason: "x" }));
    expect(metrics).toEqual(["JobsFailed Deployment=test", "JobsFailed Deployment=test reason=x"]);
  });
});

describe("the bill at rest", () => {
  it("is 1 USD a month at most without alarms, dashboard and NAT gateway, and nothing taken off as free", () => {
    expect(costs.map(({ unit }) => unit)).toEqual(expect.arrayContaining(["alarms", "CloudWatch dashboard"]));
    // What the project promises.
    expect(total(withoutOptions(costs))).toBeLessThanOrEqual(1);
  });

  it("stays so with MicroVmRunner, but for the snapshots of its images: an alarm more, and four calls a day", () => {
    const more = shippedCosts(ROOT, "MicroVmRunner");
    const alarms = (bill: typeof costs) => bill.find(({ unit }) => unit === "alarms")?.count ?? 0;
    expect(alarms(more)).toBe(alarms(costs) + 1);
    // 120 calls of some seconds' worth of a cent: it would take a schedule by the minute to be seen.
    expect(total(withoutOptions(more)) - total(withoutOptions(costs))).toBeLessThan(0.01);
    expect(total(withoutOptions(more))).toBeGreaterThan(total(withoutOptions(costs)));
    expect(total(withoutOptions(more))).toBeLessThanOrEqual(1);
  });

  it("has a line for everything that a call of a schedule costs", () => {
    expect(withoutOptions(costs).map(({ unit }) => unit)).toEqual(
      expect.arrayContaining([
        "thousand calls of scheduled functions",
        "thousand GB-seconds of them",
        "thousand reads of the tables",
        "thousand writes to the tables",
        "thousand requests to KMS",
        "GB of logs",
        "GB sent to GitLab",
        "GB of images",
      ]),
    );
  });

  it("is the one in docs/cost.md (npm run docs)", () => {
    const page = readFileSync(join(ROOT, COST_PAGE), "utf8");
    expect(withCostTable(page, ROOT)).toBe(page);
  });

  it("is the one in the README (npm run docs)", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    expect(withCostFigures(readme, ROOT)).toBe(readme);
  });
});
