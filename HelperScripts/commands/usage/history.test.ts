import { recordKey } from "../../../Core/ledger/keys";
import { ROLL_UP_RECORD } from "../../../Core/usage/period";
import { rowKey } from "../../../Core/usage/sums";
import { usageKey } from "../../../Core/usage/usage-key";
import type { UsageNumbers } from "../../../Core/usage/usage-reader";
import { waitCounts } from "../../../Core/waiting/counts";
import { DeploymentDouble } from "../../testing/deployment-double";

/** It is noon on 2026-11-25. Days until the 24th have been rolled up. */

const SECOND = 1_000;

/** What so many jobs that waited so long for a slot add to a day's counts. */
const waited = (jobs: number, seconds: number): UsageNumbers =>
  Object.fromEntries(
    Object.entries(waitCounts({ slot: seconds * SECOND }, false)).map(([name, value]) => [
      name,
      value * jobs,
    ]),
  );

const subject = { projectId: 42, classKey: "EC2#big", market: "spot", jobName: "build" } as const;

const deployment = (): DeploymentDouble => {
  const on = new DeploymentDouble();
  on.ledger.put({ ...recordKey(ROLL_UP_RECORD), version: 1, value: { until: "2026-11-24", at: 1 } });
  const day = (date: string, numbers: UsageNumbers): void => {
    const row = { day: date, projectId: 42, groups: { "EC2#big#spot": numbers } };
    on.ledger.put({ ...rowKey("day", row), ...row, ttl: 1 });
  };
  day("2026-11-20", { jobs: 60, usd: 6, ...waited(60, 10) });
  day("2026-11-24", { jobs: 36, usd: 4, ...waited(36, 40) });
  on.ledger.put({
    ...usageKey({ ...subject, day: "2026-11-25", shard: 3 }),
    jobs: 4,
    ...waited(4, 600),
    ttl: 1,
  });
  return on;
};

/** A bucket of the histogram ends at most three tenths above its begin. */
const BUCKET = 1.3;

it("I-40: shows the percentiles of all days together, which no average of days' own is", async () => {
  const { out } = await deployment().run(["status", "--days", "30", "--json"]);
  const [big] = JSON.parse(out).history.classes;
  expect(big.of).toBe("EC2#big#spot");
  // Of 100 jobs 60 waited ten seconds, 36 forty, and four ten minutes; at most three tenths too high.
  for (const [name, seconds] of [
    ["p50", 10],
    ["p95", 40],
    ["p99", 600],
  ] as const) {
    expect(big.milliseconds[name]).toBeGreaterThanOrEqual(seconds * SECOND);
    expect(big.milliseconds[name]).toBeLessThanOrEqual(BUCKET * seconds * SECOND);
  }
});

it("shows them to people by class, and a dash where no job began", async () => {
  const on = deployment();
  const row = { day: "2026-11-24", projectId: 43, groups: { "LAMBDA#default#lambda": { jobs: 1, usd: 1 } } };
  on.ledger.put({ ...rowKey("day", row), ...row, ttl: 1 });
  const { out } = await on.run(["status", "--days", "30"]);
  expect(out).toMatch(/^EC2#big#spot +100 +\$10\.00 +≤ 11\.6 s +≤ 43\.3 s +≤ 12 min 55 s +slot 100 %/m);
  expect(out).toMatch(/^LAMBDA#default#lambda +1 +\$1\.00 +– +– +– +–/m);
});
