import fc from "fast-check";
import {
  CALM,
  faultProfile,
  playRandom,
  type RandomScenario,
  scenarioOf,
  watchDemand,
} from "./job-arbitraries";
import { assertRuns } from "./random-runs";
import regressions from "./regressions.json";
import { seedOfTheDay } from "./seed-of-the-day";

const MINUTE = 60_000;
/** 1,100 together. */
const RUNS = { anyFaults: 700, allLost: 100, skewed: 100, unlimited: 100, foreign: 100 };

const expectWell = async (scenario: RandomScenario): Promise<void> => {
  expect(await playRandom(scenario)).toEqual([]);
};

describe("random scenarios", () => {
  it("are a thousand at least, and others each day", () => {
    expect(Object.values(RUNS).reduce((sum, runs) => sum + runs, 0)).toBeGreaterThanOrEqual(1_000);
    const days = [1, 2, 3].map((day) => seedOfTheDay(new Date(Date.UTC(2026, 10, day))));
    expect(new Set(days).size).toBe(days.length);
  });

  it("I-1 I-2 I-3 I-4 I-5 I-7 I-18 I-20 I-22 I-24 I-31 F-2 F-3 F-5 F-12 F-17 F-20 F-23 F-24 F-53 P-3 P-5 P-10 P-11: with any faults every job is met or reported, and nothing is left", async () => {
    await assertRuns("any faults", fc.asyncProperty(scenarioOf(), expectWell), RUNS.anyFaults);
  }, 600_000);

  it("I-8 F-1 P-2: every job is met when every webhook is lost and nothing else fails", async () => {
    const allLost = scenarioOf(fc.constant({ ...CALM, webhooksLost: 1 }));
    await assertRuns("lost webhooks", fc.asyncProperty(allLost, expectWell), RUNS.allLost);
  }, 300_000);

  it("I-33 I-3 F-55: clocks that are wrong by ten minutes do no harm, even where a runner's lifetime is ten minutes", async () => {
    const skewed = scenarioOf(fc.constant({ ...CALM, skew: 10 * MINUTE }));
    await assertRuns("wrong clocks", fc.asyncProperty(skewed, expectWell), RUNS.skewed);
  }, 300_000);

  it("I-1 P-1: every pending job has a runner of its own, or gets one within five minutes", async () => {
    const reassigned = scenarioOf(
      faultProfile.map((profile) => ({
        ...CALM,
        webhooksLost: profile.webhooksLost,
        webhooksLate: profile.webhooksLate,
      })),
    );
    const roomy = reassigned.map((scenario) => ({
      ...scenario,
      limit: 20,
      jobRuns: [
        ...scenario.jobRuns.filter(({ kind }) => kind !== "large"),
        { kind: "foreign" as const, at: 0, runs: 60, fails: false, isSilent: true },
      ],
    }));
    const expectMet = async (scenario: RandomScenario): Promise<void> => {
      expect(await playRandom(scenario, watchDemand)).toEqual([]);
    };
    await assertRuns("room for all", fc.asyncProperty(roomy, expectMet), RUNS.unlimited);
  }, 300_000);

  it("P-1: foreign jobs that take our runners leave none of our jobs without one", async () => {
    const foreign = scenarioOf(
      faultProfile.map((profile) => ({ ...CALM, webhooksLost: profile.webhooksLost })),
    );
    const withForeign = foreign.map((scenario) => ({
      ...scenario,
      jobRuns: [
        ...scenario.jobRuns,
        { kind: "foreign" as const, at: 0, runs: 60, fails: false, isSilent: true },
      ],
    }));
    await assertRuns("foreign jobs", fc.asyncProperty(withForeign, expectWell), RUNS.foreign);
  }, 300_000);

  it.each(regressions as unknown as readonly (RandomScenario & { readonly why: string })[])(
    "regression: $why",
    async ({ why: _, ...scenario }) => expectWell(scenario),
    60_000,
  );
});
