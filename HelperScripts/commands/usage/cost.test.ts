import { recordKey } from "../../../Core/ledger/keys";
import { SETTINGS_KEY } from "../../../Core/routing/settings-row";
import { BUDGETS_RECORD } from "../../../Core/usage/budget";
import { ROLL_UP_RECORD } from "../../../Core/usage/period";
import { type DayNames, type DayUsage, NAMES_KEPT, rowKey } from "../../../Core/usage/sums";
import { type UsageKey, usageKey } from "../../../Core/usage/usage-key";
import type { UsageNumbers } from "../../../Core/usage/usage-reader";
import { DeploymentDouble } from "../../testing/deployment-double";

/** It is noon on 2026-11-25. Days until the 23rd have been rolled up. */

const count = (on: DeploymentDouble, numbers: UsageNumbers, patch: Partial<UsageKey> = {}): void => {
  const key: UsageKey = {
    day: "2026-11-25",
    shard: 3,
    projectId: 42,
    classKey: "EC2#big",
    market: "spot",
    jobName: "build",
    ...patch,
  };
  on.ledger.put({ ...usageKey(key), ...numbers, ttl: 1 });
};

const row = (on: DeploymentDouble, day: DayUsage, names: DayNames["names"] = []): void => {
  on.ledger.put({ ...rowKey("day", day), ...day, ttl: 1 });
  on.ledger.put({ ...rowKey("names", day), day: day.day, projectId: day.projectId, names, ttl: 1 });
};

const numbers = (usd: number, more: UsageNumbers = {}): UsageNumbers => ({
  jobs: 1,
  runners: 1,
  seconds: 60,
  usd,
  ...more,
});

const deployment = (): DeploymentDouble => {
  const on = new DeploymentDouble();
  on.ledger.put({ ...recordKey(ROLL_UP_RECORD), version: 1, value: { until: "2026-11-23", at: 1 } });
  row(
    on,
    {
      day: "2026-11-23",
      projectId: 42,
      groups: { "EC2#big#spot": numbers(1), "LAMBDA#default#lambda": numbers(2) },
    },
    [{ name: "build", numbers: numbers(2.5) }],
  );
  row(on, { day: "2026-11-22", projectId: 43, groups: { "EC2#big#on-demand": numbers(4) } });
  row(on, { day: "2026-10-31", projectId: 42, groups: { "EC2#big#spot": numbers(1_000) } });
  count(on, numbers(8), { day: "2026-11-24" });
  count(on, numbers(16, { wasteRunners: 1, wasteUsd: 16, "waste:no-job": 1, "wasteUsd:no-job": 16 }));
  count(on, { runners: 2, seconds: 9, unpricedRunners: 2 }, { jobName: "=test,1", shard: 4 });
  // What the roll-up made rows of: TTL has not removed it yet.
  count(on, numbers(500), { day: "2026-11-23" });
  return on;
};

const costOf = async (on: DeploymentDouble, ...more: readonly string[]) => {
  const { out, exitCode } = await on.run(["cost", "--json", ...more]);
  expect(exitCode).toBe(0);
  return JSON.parse(out);
};
const rowsOf = (cost: { readonly rows: readonly { readonly of: string; readonly usd: number }[] }) =>
  Object.fromEntries(cost.rows.map(({ of, usd }) => [of, usd]));

describe("cost", () => {
  it("has this month's total until now, each day once, whether it has been rolled up or not", async () => {
    expect(await costOf(deployment())).toMatchObject({
      from: "2026-11-01",
      to: "2026-11-25",
      total: 31,
      sums: { jobs: 5, runners: 7, unpricedRunners: 2, wasteUsd: 16 },
      waste: [{ code: "no-job", runners: 1, usd: 16 }],
    });
  });

  it.each([
    ["project", { "42": 27, "43": 4 }],
    ["class", { "EC2#big#spot": 25, "LAMBDA#default#lambda": 2, "EC2#big#on-demand": 4 }],
    ["day", { "2026-11-22": 4, "2026-11-23": 3, "2026-11-24": 8, "2026-11-25": 16 }],
    ["job", { build: 26.5, "=test,1": 0, "(others)": 4.5 }],
  ])("has rows by %s that sum up to the total", async (by, expected) => {
    const cost = await costOf(deployment(), "--by", by);
    expect(rowsOf(cost)).toEqual(expected);
    const sum = cost.rows.reduce((all: number, { usd }: { readonly usd: number }) => all + usd, 0);
    expect(sum).toBe(cost.total);
  });

  it("names the dearest jobs alone", async () => {
    const on = new DeploymentDouble();
    for (let index = 0; index < 2 * NAMES_KEPT; index += 1)
      count(on, numbers(index), { jobName: `job ${index}` });
    const { rows } = await costOf(on, "--by", "job");
    expect([rows.length, rows[0].of, rows.at(-1).of]).toEqual([NAMES_KEPT + 1, "job 39", "(others)"]);
  });

  it("is of one project, by its id or path, and reads nothing of the others", async () => {
    const on = deployment();
    on.setParameter("AccessToken", "glpat-secret-of-ours");
    on.setParameter("Url", "https://gitlab.example.com", "String");
    on.fetch = async () => ({ status: 200, headers: { get: () => null }, text: async () => '{"id":43}' });
    expect(await costOf(on, "--project", "group/app")).toMatchObject({ total: 4 });
    expect(await costOf(on, "--project", "42")).toMatchObject({ total: 27 });
  });

  it("is of another month", async () => {
    expect(await costOf(deployment(), "--month", "2026-10")).toMatchObject({
      total: 1_000,
      to: "2026-10-31",
    });
    expect(await costOf(deployment(), "--month", "2026-12")).toMatchObject({ total: 0, rows: [] });
  });

  it("tells people the same, with what is not in it", async () => {
    const { out } = await deployment().run(["cost"]);
    expect(out).toContain("2026-11-01 to 2026-11-25 (UTC): $31.00 for 5 jobs");
    expect(out).toContain("Not in it: 2 runners of unknown price.");
    expect(out).toContain("$16.00: 1 runner that waited, and no job came");
    expect(out).toMatch(/^42 +4 +6 +4 min 09 s +\$27\.00 +\$16\.00$/m);
  });

  it("says nothing of runners without a price where there is none", async () => {
    const on = new DeploymentDouble();
    count(on, numbers(1));
    expect((await on.run(["cost"])).out).not.toContain("Not in it");
  });

  it("estimates what is in no sum, apart", async () => {
    const on = new DeploymentDouble();
    // A hundred hours of instances with 50 GiB; and a function, which has neither disk nor address.
    count(on, { runners: 10, jobs: 10, seconds: 360_000, usd: 1, diskGiBSeconds: 50 * 360_000 });
    count(
      on,
      { runners: 10, jobs: 10, seconds: 360_000, usd: 1, environmentGb: 20 },
      { classKey: "LAMBDA#default", market: "lambda" },
    );
    const { total, estimates } = await costOf(on);
    expect(total).toBe(2);
    // 50 GiB at 0.08 USD a month of 730 hours; 0.005 USD an hour; 20 runners with 0.01 MB of logs at 0.50 USD a GB.
    expect(estimates.storage).toBeCloseTo((100 * 50 * 0.08) / 730, 9);
    expect(estimates.publicIpv4).toBeCloseTo(0.5, 9);
    // Ten environments of 2 GB at 0.000167 USD a GB.
    expect(estimates.tenantIsolation).toBeCloseTo(20 * 0.000167, 12);
    expect(estimates.logs).toBeCloseTo(20 * 0.00001 * 0.5, 9);
    expect(estimates.controlPlane).toBeCloseTo(20 * 0.00004, 9);
    expect((await on.run(["cost"])).out).toContain(
      "Estimated and not in it: disks $0.548, public addresses $0.500",
    );
  });

  it("gives a spreadsheet its rows, and no formula that a job's name may be", async () => {
    const { out } = await deployment().run(["cost", "--by", "job", "--csv"]);
    expect(out.split("\n").map((each) => each.split(",").slice(0, 2).join())).toEqual([
      "job,jobs",
      "build,3",
      '"\'=test,1"',
      "(others),2",
    ]);
    expect(out).toContain("build,3,3,180,26.5,1,16,0");
  });

  it("shows how far the budgets are used", async () => {
    const on = deployment();
    const budgets = [
      { project: 42, usd: 20, hold: true },
      { project: 43, usd: 40 },
    ];
    on.mapping.put({ pk: SETTINGS_KEY, sk: SETTINGS_KEY, budgets });
    const value = { month: "2026-11", at: 1, usd: { 42: 27, 43: 4 } };
    on.ledger.put({ ...recordKey(BUDGETS_RECORD), version: 1, value });
    expect(await costOf(on)).toMatchObject({
      budgets: [
        { project: 42, level: "spent" },
        { project: 43, level: "ok" },
      ],
    });
    const { out } = await on.run(["cost", "--project", "42"]);
    expect(out).toContain(
      "Project 42 has spent $27.00 of $20.00 (135 %): spent, its new jobs wait for the next month.",
    );
    expect(out).not.toContain("Project 43");
    expect(await costOf(on, "--month", "2026-10")).toMatchObject({ budgets: [] });
  });

  it.each([
    ["a month that is none", ["--month", "2026-13"]],
    ["another order", ["--by", "colour"]],
    ["two forms at once", ["--json", "--csv"]],
  ])("is misused with %s", async (_what, more) => {
    expect((await deployment().run(["cost", ...more])).exitCode).toBe(2);
  });
});
