import { percentile, waitsOf } from "../simulation/scale";
import { MINUTE, simulationWith, total } from "../simulation/scenario-parts";
import type { Simulation } from "../simulation/world/world";

/**
 * Somebody who has the webhook's secret sends 500 job events a second for a minute, over fifty projects: jobs that do
 * not exist, real jobs under other projects' numbers, and real jobs that are over.
 */
const A_SECOND = 500;
const SECONDS = 60;
const PROJECTS = 50;
/** Of the projects some are none of the token's. */
const STRANGE_PROJECTS = 10;
const STATUSES = ["pending", "pending", "pending", "running", "success"] as const;

/** GitLab's default for one user of its API. */
const CALLS_PER_MINUTE = 2_000;
/** Of the 1,000 that an account has; Lambda refuses more, and Lambda runners have the rest. */
const CONCURRENCY = 900;

const forgedJob = (world: Simulation, index: number): number => {
  if (index % 3 === 0) return 1_000_000 + index;
  return 1 + (index % Math.max(1, world.gitLab.jobs.size));
};

const flood = (world: Simulation): void => {
  for (let index = 0; index < A_SECOND * SECONDS; index += 1) {
    world.after(index / A_SECOND, () =>
      world.bus.put({
        source: "gitlab.webhook",
        detailType: "GitLabJobEvent",
        detail: {
          object_kind: "build",
          build_status: STATUSES[index % STATUSES.length],
          build_name: "forged",
          build_id: forgedJob(world, index),
          project_id: 1 + (index % (PROJECTS + STRANGE_PROJECTS)),
        },
      }),
    );
  }
};

/** One job a second, before, while and after. */
const work = (world: Simulation, seconds: number): void => {
  for (let second = 0; second < seconds; second += 1) {
    world.after(second, () => world.addJob({ kind: "lambda", projectId: 1 + (second % PROJECTS) }));
  }
};

describe("a flood of forged webhooks", () => {
  it("T-20: leaves GitLab's calls to real jobs, which start although its cold starts may use up Lambda's concurrency", async () => {
    const world = simulationWith({
      gitLab: { gives: "oldest" },
      executions: { concurrency: CONCURRENCY },
      mood: {
        callsPerMinute: CALLS_PER_MINUTE,
        strange: Array.from({ length: STRANGE_PROJECTS }, (_, index) => PROJECTS + 1 + index),
      },
    });
    work(world, 3 * MINUTE);
    await world.run(MINUTE);
    flood(world);
    await world.run(2 * MINUTE);
    await world.settle(20 * MINUTE);
    expect(world.verdict()).toEqual([]);
    const waits = waitsOf(world);
    expect(waits).toHaveLength(3 * MINUTE);
    // I-8: as where a webhook is lost.
    expect(percentile(waits, 0.95)).toBeLessThan(90);
    expect(world.gitLabLoad.most).toBeLessThan(CALLS_PER_MINUTE);
    // Cold starts of the first seconds want up to 980 at once; what is refused then is invoked again.
    expect(world.executions.mostConcurrent).toBeLessThanOrEqual(CONCURRENCY);
    expect(total(world, "JobsFailed")).toBe(0);
    // One in a thousand is refused at each of its retries, in one flood some more. The jobs behind them are the reconciler's.
    expect(world.conservation.count("failed")).toBeLessThanOrEqual((2 * A_SECOND * SECONDS) / 1_000);
    // Those of the first seconds are asked for, until each project's count is known to all environments.
    expect(total(world, "WebhooksIgnored/vain-calls")).toBeGreaterThan(0.8 * A_SECOND * SECONDS);
  }, 60_000);
});
