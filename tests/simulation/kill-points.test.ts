import fc from "fast-check";
import { HAND_OUTS } from "./scenario-parts";
import { type Hit, hitsOf, play, SCENARIOS } from "./scenarios";
import { FAULTS } from "./world/calls";

/** Scenarios with more calls are sampled here; `npm run simulate -- --kill-points` hits every call. */
const EVERY_HIT_UP_TO = 140;
const EVERY_HIT_UP_TO_IN_TWO_PHASES = 60;
const SEED = 1;

const sampled = (hits: readonly Hit[], most: number): readonly Hit[] => {
  const step = Math.ceil(hits.length / most);
  return hits.filter((_, index) => index % step === 0);
};

const describeWrong = (played: Awaited<ReturnType<typeof play>>, hits: readonly Hit[]): string[] =>
  played.wrong.map((wrong) => {
    const faults = hits.map(({ at, fault }) => `${fault} at call ${at}, ${played.calls[at]}`);
    return `${wrong} [${faults.join(" and ")}]`;
  });

const IN_BOTH_WAYS = HAND_OUTS.flatMap(({ handOut, acknowledgement }) =>
  SCENARIOS.map((scenario) => ({ handOut, acknowledgement, scenario, name: scenario.name })),
);

describe.each(IN_BOTH_WAYS)("kill points: $name, where $handOut", ({ scenario, acknowledgement }) => {
  it("I-4 I-5 I-31: leaves nothing behind without faults", async () => {
    expect((await play(scenario, SEED, [], acknowledgement)).wrong).toEqual([]);
  });

  it("I-1 I-2 I-3 I-4 I-18 I-19 I-20 I-21 F-13 F-14 F-16 F-18 F-25 P-8 P-13 P-18: holds whichever call fails, is throttled, times out, loses its answer or kills its process", async () => {
    const { calls } = await play(scenario, SEED, [], acknowledgement);
    const most = acknowledgement ? EVERY_HIT_UP_TO_IN_TWO_PHASES : EVERY_HIT_UP_TO;
    const hits = hitsOf(calls);
    expect(hits.length).toBeGreaterThan(150);
    const wrong: string[] = [];
    for (const hit of sampled(hits, most)) {
      wrong.push(...describeWrong(await play(scenario, SEED, [hit], acknowledgement), [hit]));
    }
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
        fc.boolean(),
        async (scenario, seed, hits, acknowledgement) => {
          expect(describeWrong(await play(scenario, seed, hits, acknowledgement), hits)).toEqual([]);
        },
      ),
      { numRuns: 200, seed: 1, endOnFailure: true },
    );
  }, 120_000);
});
