import { type FairnessOptions, type FairnessReport, runFairness } from "../simulation/fairness";
import { Simulation } from "../simulation/world/world";

/**
 * The attacker has a project that is served, and starts as many jobs there as he likes. The others are to get their
 * turns all the same.
 */
const MINUTE = 60;

const waits = ({ mean, p95, longest }: FairnessReport) => ({ mean, p95, longest });

/** Thrice of each figure. */
const thrice = ({ mean, p95, longest }: FairnessReport) => [3 * mean, 3 * p95, 3 * longest] as const;

const attacked = async (attack: Omit<FairnessOptions, "seed">): Promise<FairnessReport> => {
  const alone = await runFairness({ ...attack, seed: 5, many: 0 });
  const report = await runFairness({ ...attack, seed: 5 });
  const [mean, p95, longest] = thrice(alone);
  expect(waits(report).mean).toBeLessThan(mean);
  expect(waits(report).p95).toBeLessThan(p95);
  expect(waits(report).longest).toBeLessThan(longest);
  expect([alone.wrong, report.wrong]).toEqual([[], []]);
  return report;
};

describe("starvation", () => {
  it("T-19 I-22 P-9: a burst of one project's jobs makes nobody else wait more than three times as long", async () => {
    await attacked({ many: 1_500, totalLimit: 20 });
  }, 120_000);

  it("T-19 I-22 P-9: a stream of one project's jobs that goes on and on does not either", async () => {
    await attacked({ many: 4_000, totalLimit: 20, comeWithin: 15 * MINUTE });
  }, 120_000);

  it("T-19 I-22: a limit by project leaves the other slots to the others", async () => {
    await attacked({ many: 1_000, totalLimit: 40, perProject: 10 });
  }, 120_000);

  it("P-9: a manual job that was made earlier and is played later overtakes nobody", async () => {
    const world = new Simulation({
      seed: 3,
      gitLab: { gives: "oldest" },
      stack: { totalLimit: 1, classLimit: 1 },
    });
    const manual = world.addJob({ kind: "lambda", seconds: 20 }, "created");
    const busy = world.addJob({ kind: "lambda", seconds: 60 });
    await world.run(20);
    // A tag of its own, so that no other runner of the project can take it.
    const first = world.addJob({ kind: "ec2", seconds: 20 });
    await world.run(5);
    world.gitLab.enqueue(manual);
    await world.settle(20 * MINUTE);
    expect([busy, first, manual].map(({ status }) => status)).toEqual(["success", "success", "success"]);
    expect(first.startedAt ?? 0).toBeLessThan(manual.startedAt ?? 0);
    expect(world.verdict()).toEqual([]);
  });
});
