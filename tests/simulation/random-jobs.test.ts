import fc from "fast-check";
import { CALM, faultProfile, type RandomScenario, scenarioOf, tell, watchDemand } from "./job-arbitraries";
import regressions from "./regressions.json";

const MINUTE = 60_000;
const RUNS = { numRuns: 150, endOnFailure: false, interruptAfterTimeLimit: 25_000 };

const isWell = async (told: RandomScenario): Promise<void> => {
  expect(await tell(told)).toEqual([]);
};

describe("random scenarios", () => {
  it("I-1 I-2 I-3 I-4 I-5 I-7 I-18 I-20 I-22 I-24 I-31 F-2 F-3 F-5 F-12 F-17 F-20 F-23 F-24 F-53 P-3 P-5 P-10 P-11: with any faults every job is met or reported, and nothing is left", async () => {
    await fc.assert(fc.asyncProperty(scenarioOf(), isWell), RUNS);
  }, 120_000);

  it("I-8 F-1 P-2: every webhook lost, and nothing else, changes nothing in the end", async () => {
    const silence = scenarioOf(fc.constant({ ...CALM, webhooksLost: 1 }));
    await fc.assert(fc.asyncProperty(silence, isWell), { ...RUNS, numRuns: 60 });
  }, 120_000);

  it("I-33 I-3 F-55: clocks that are ten minutes wrong do no harm, also where a runner jobRuns for ten minutes alone", async () => {
    const skewed = scenarioOf(fc.constant({ ...CALM, skew: 10 * MINUTE }));
    await fc.assert(fc.asyncProperty(skewed, isWell), { ...RUNS, numRuns: 100 });
  }, 120_000);

  it("I-1 P-1: at every moment each pending job can have a runner of its own, or will in five minutes", async () => {
    const reassigned = scenarioOf(
      faultProfile.map((sky) => ({
        ...CALM,
        webhooksLost: sky.webhooksLost,
        webhooksLate: sky.webhooksLate,
      })),
    );
    const roomy = reassigned.map((told) => ({
      ...told,
      limit: 20,
      jobRuns: [
        ...told.jobRuns.filter(({ kind }) => kind !== "large"),
        { kind: "foreign" as const, at: 0, runs: 60, fails: false, isSilent: true },
      ],
    }));
    const isMet = async (told: RandomScenario): Promise<void> => {
      expect(await tell(told, watchDemand)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(roomy, isMet), { ...RUNS, numRuns: 60 });
  }, 120_000);

  it("P-1: jobs of nobody that take our runners leave none of ours without one", async () => {
    const foreign = scenarioOf(faultProfile.map((sky) => ({ ...CALM, webhooksLost: sky.webhooksLost })));
    const withForeign = foreign.map((told) => ({
      ...told,
      jobRuns: [...told.jobRuns, { kind: "foreign" as const, at: 0, runs: 60, fails: false, isSilent: true }],
    }));
    await fc.assert(fc.asyncProperty(withForeign, isWell), { ...RUNS, numRuns: 60 });
  }, 120_000);

  it.each(regressions as unknown as readonly (RandomScenario & { readonly why: string })[])(
    "regression: $why",
    async ({ why: _, ...told }) => isWell(told),
    60_000,
  );
});
