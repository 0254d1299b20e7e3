import { usageTtl } from "../../Core/usage/days";
import { usageKey } from "../../Core/usage/usage-key";
import { attemptKeyOf } from "../../Core/usage/usage-of";
import type { Waits } from "../../Core/waiting/causes";
import { waitCounts } from "../../Core/waiting/counts";
import { DeploymentDouble, NOW } from "../testing/deployment-double";
import { attempt, DOCKER_CLASS, QUEUED, runner } from "../testing/items";

/** What a pick-up counts of a job, as the ledger's adapter stores it. */
const count = (on: DeploymentDouble, jobId: number, waits: Waits, isMissed = false, now = NOW): void => {
  const key = attemptKeyOf(attempt(jobId, {}, DOCKER_CLASS), now);
  on.ledger.put({ ...usageKey(key), ...waitCounts(waits, isMissed), ttl: usageTtl(key.day) });
};

describe("why: what a job waited for", () => {
  const WAITS = { webhook: 500, start: 1_500, slot: 40_000, boot: 18_000 };
  const ran = (on: DeploymentDouble): void =>
    on.putLedger(attempt(7, { state: "RUNNING", waits: WAITS, times: { RUNNING: QUEUED + 60_000 } }));

  it("I-46: draws it as a bar as wide as the terminal, with each cause and what to do about the first", async () => {
    const on = new DeploymentDouble();
    ran(on);
    const { out } = await on.run(["why", "7"], { width: 40 });
    const lines = out.split("\n");
    const at = lines.findIndex((line) =>
      line.startsWith("It waited 1 min 00 s from pending to running, for:"),
    );
    expect(lines[at + 1]).toMatch(/^█+▓+▒+░+$/);
    expect(lines[at + 1]).toHaveLength(40);
    expect(lines.slice(at + 2, at + 6)).toEqual([
      "█ 500 ms   1 %  GitLab's webhook",
      "▓  1.5 s   3 %  the start itself",
      "▒ 40.0 s  67 %  a slot",
      "░ 18.0 s  30 %  the machine's boot",
    ]);
    // Nothing of causes that it did not wait for.
    expect(lines[at + 6]).toMatch(/^→ Raise maxRunners of its class/);
  });

  it("I-46: is plain ASCII where a terminal shows no more", async () => {
    const on = new DeploymentDouble();
    ran(on);
    const { out } = await on.run(["why", "7"], { isUnicode: false, width: 40 });
    expect(out).toMatch(/^a+b+c+d+$/m);
    expect(out).toContain("-> Raise maxRunners");
  });

  it("I-46: gives the numbers, which sum up", async () => {
    const on = new DeploymentDouble();
    ran(on);
    const { wait } = JSON.parse((await on.run(["why", "7", "--json"])).out);
    expect(wait).toEqual({ milliseconds: 60_000, isOver: true, first: "slot", causes: WAITS });
  });

  it("I-46: tells of one that still waits what it has waited for until now, its runner's launch included", async () => {
    const on = new DeploymentDouble();
    on.putLedger(
      attempt(7, { state: "CREATED", marks: [{ cause: "start", at: QUEUED + 1_000 }] }, DOCKER_CLASS),
    );
    on.putLedger(
      runner(
        7,
        { heldBy: "capacity", heldSince: QUEUED + 4_000, holds: [{ cause: "capacity", at: QUEUED + 4_000 }] },
        DOCKER_CLASS,
      ),
    );
    const { wait } = JSON.parse((await on.run(["why", "7", "--json"])).out);
    expect(wait).toEqual({
      milliseconds: 300_000,
      isOver: false,
      first: "capacity",
      causes: { webhook: 1_000, start: 3_000, capacity: 296_000 },
    });
    expect((await on.run(["why", "7"])).out).toContain("It has waited 5 min 00 s so far, for:");
  });

  it("I-46: says nothing of a job whose run an earlier version stored", async () => {
    const on = new DeploymentDouble();
    on.putLedger(attempt(7, { state: "RUNNING", times: { RUNNING: NOW } }));
    expect(JSON.parse((await on.run(["why", "7", "--json"])).out)).not.toHaveProperty("wait");
    expect((await on.run(["why", "7"])).out).not.toContain("waited");
  });
});

describe("status: how jobs waited today", () => {
  const withJobs = (): DeploymentDouble => {
    const on = new DeploymentDouble();
    for (let jobId = 1; jobId <= 9; jobId += 1) count(on, jobId, { start: 1_000, boot: 9_000 });
    count(on, 10, { start: 1_000, capacity: 99_000 }, true);
    // Yesterday's are not read.
    count(on, 11, { slot: 9_000_000 }, true, NOW - 86_400_000);
    return on;
  };

  it("I-46: gives percentiles and the greatest causes by class", async () => {
    const { out } = await withJobs().run(["status"]);
    expect(out).toMatch(/From pending to running, today \(\d{4}-\d\d-\d\d, UTC\)/);
    expect(out).toMatch(
      /EC2#docker +10 +≤ 11\.8 s +≤ 1 min 35 s|EC2#docker +10 +≤ 1\d\.\d s +≤ \d min \d\d s/,
    );
    expect(out).toMatch(/capacity at AWS 52 %, the machine's boot 43 %, the start itself 5 %/);
    expect(out).not.toContain("Objective");
  });

  it("I-47: names with an objective how far it is met, the first cause of the misses, and what to do", async () => {
    const on = withJobs();
    on.mapping.put({ pk: "settings", sk: "settings", queueTimeObjective: { seconds: 60, percent: 95 } });
    const { out } = await on.run(["status"]);
    expect(out).toContain(
      "Objective: 95 % of the jobs run within 1 min 00 s; today 90.0 % of 10 jobs did. First cause of the others: capacity at AWS (1 of 1).",
    );
    expect(out).toContain("→ Give its class more instance types");
  });

  it("I-46: gives the numbers", async () => {
    const { waits } = JSON.parse((await withJobs().run(["status", "--json"])).out);
    expect(waits.classes).toMatchObject([
      {
        class: "EC2#docker",
        jobs: 10,
        causes: { start: 10_000, boot: 81_000, capacity: 99_000 },
        missed: { capacity: 1 },
      },
    ]);
    const { p50, p95 } = waits.classes[0].milliseconds;
    expect([p50 >= 10_000, p50 <= 13_000, p95 >= 100_000, p95 <= 130_000]).toEqual([true, true, true, true]);
  });

  it("I-46: says nothing where no job has begun today", async () => {
    const on = new DeploymentDouble();
    expect((await on.run(["status"])).out).not.toContain("From pending to running");
    expect(JSON.parse((await on.run(["status", "--json"])).out).waits.classes).toEqual([]);
  });
});
