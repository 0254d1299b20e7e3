import fc from "fast-check";
import { type Hit, hitsOf, play, SCENARIOS, type Scenario } from "./scenarios";
import { FAULTS } from "./world/calls";

/** Scenarios with more calls are sampled here; `npm run simulate -- --kill-points` hits every call. */
const EVERY_HIT_UP_TO = 200;
const SEED = 1;

const sampled = (hits: readonly Hit[]): readonly Hit[] => {
  const step = Math.ceil(hits.length / EVERY_HIT_UP_TO);
  return hits.filter((_, index) => index % step === 0);
};

const describeWrong = (played: Awaited<ReturnType<typeof play>>, hits: readonly Hit[]): string[] =>
  played.wrong.map((wrong) => {
    const faults = hits.map(({ at, fault }) => `${fault} at call ${at}, ${played.calls[at]}`);
    return `${wrong} [${faults.join(" and ")}]`;
  });

describe.each(SCENARIOS)("kill points: $name", (scenario: Scenario) => {
  it("I-4 I-5 I-31: leaves nothing behind without faults", async () => {
    expect((await play(scenario, SEED)).wrong).toEqual([]);
  });

  it("I-1 I-2 I-3 I-4 I-18 I-19 I-20 I-21 F-13 F-14 F-16 F-18 F-25 P-8 P-13 P-18: holds whichever call fails, is throttled, times out, loses its answer or kills its process", async () => {
    const { calls } = await play(scenario, SEED);
    const hits = hitsOf(calls);
    expect(hits.length).toBeGreaterThan(150);
    const wrong: string[] = [];
    for (const hit of sampled(hits)) wrong.push(...describeWrong(await play(scenario, SEED, [hit]), [hit]));
    expect(wrong).toEqual([]);
  }, 120_000);
});

describe("kill points in pairs", () => {
  it("I-1 I-2 I-3 I-4 I-18 I-21: holds when two calls of one scenario go wrong", async () => {
    const hit = fc.record({ at: fc.nat(120), fault: fc.constantFrom(...FAULTS) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SCENARIOS),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.tuple(hit, hit),
        async (scenario, seed, hits) => {
          expect(describeWrong(await play(scenario, seed, hits), hits)).toEqual([]);
        },
      ),
      { numRuns: 200, seed: 1, endOnFailure: true },
    );
  }, 120_000);
});
