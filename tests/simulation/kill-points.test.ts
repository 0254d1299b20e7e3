import fc from "fast-check";
import { HAND_OUTS } from "./scenario-parts";
import { type Hit, hitsOf, play, SCENARIOS } from "./scenarios";
import { FAULTS } from "./world/calls";

/** `npm run simulate -- --kill-points` takes every one; here the long scenarios are sampled. */
const EVERY_HIT_UP_TO = 140;
const EVERY_HIT_UP_TO_IN_TWO_PHASES = 60;
const SEED = 1;

const sampled = (hits: readonly Hit[], most: number): readonly Hit[] => {
  const step = Math.ceil(hits.length / most);
  return hits.filter((_, index) => index % step === 0);
};

const tellWrong = (told: Awaited<ReturnType<typeof play>>, hits: readonly Hit[]): string[] =>
  told.wrong.map((wrong) => {
    const slots = hits.map(({ at, fault }) => `${fault} at call ${at}, ${told.calls[at]}`);
    return `${wrong} [${slots.join(" and ")}]`;
  });

const IN_BOTH_WAYS = HAND_OUTS.flatMap(({ handOut, acknowledgement }) =>
  SCENARIOS.map((scenario) => ({ handOut, acknowledgement, scenario, name: scenario.name })),
);

describe.each(IN_BOTH_WAYS)("kill points: $name, where $handOut", ({ scenario, acknowledgement }) => {
  it("I-4 I-5 I-31: leaves nothing behind when nothing goes wrong", async () => {
    expect((await play(scenario, SEED, [], acknowledgement)).wrong).toEqual([]);
  });

  it("I-1 I-2 I-3 I-4 I-18 I-19 I-20 I-21 F-13 F-14 F-16 F-18 F-25 P-8 P-13 P-18: holds whichever call fails, is throttled, loses its answer or its process", async () => {
    const { calls } = await play(scenario, SEED, [], acknowledgement);
    const most = acknowledgement ? EVERY_HIT_UP_TO_IN_TWO_PHASES : EVERY_HIT_UP_TO;
    const hits = hitsOf(calls);
    expect(hits.length).toBeGreaterThan(150);
    const wrong: string[] = [];
    for (const hit of sampled(hits, most)) {
      wrong.push(...tellWrong(await play(scenario, SEED, [hit], acknowledgement), [hit]));
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});

describe("kill points in pairs", () => {
  it("I-1 I-2 I-3 I-4 I-18 I-21: holds when two calls of one story go wrong", async () => {
    const hit = fc.record({ at: fc.nat(120), fault: fc.constantFrom(...FAULTS) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SCENARIOS),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.tuple(hit, hit),
        fc.boolean(),
        async (scenario, seed, hits, acknowledgement) => {
          expect(tellWrong(await play(scenario, seed, hits, acknowledgement), hits)).toEqual([]);
        },
      ),
      { numRuns: 200, seed: 1, endOnFailure: true },
    );
  }, 120_000);
});
