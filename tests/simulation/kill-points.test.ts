import fc from "fast-check";
import { pairOf, pairsOf, playHits, sampleOf, type Variant, variantsOf } from "./kill-points";
import { assertRuns } from "./random-runs";
import { HAND_OUTS } from "./scenario-parts";
import { type Hit, hitsOf, play, SCENARIOS } from "./scenarios";
import { daysSince } from "./seed-of-the-day";
import { FAULTS } from "./world/calls";

/** Hits of each scenario beside those that no other one has; `npm run simulate -- --kill-points` plays all. */
const MOST = 100;
const SEED = 1;
const DAY = daysSince();

let variants: readonly Variant[] = [];
let sample: readonly (readonly Hit[])[] = [];

beforeAll(async () => {
  variants = await variantsOf(SEED);
  sample = sampleOf(variants, MOST, DAY);
});

const IN_BOTH_WAYS = HAND_OUTS.flatMap(({ handOut, acknowledgement }) =>
  SCENARIOS.map(({ name }) => ({ handOut, acknowledgement, name })),
).map((row, index) => ({ ...row, index }));

describe.each(IN_BOTH_WAYS)("kill points: $name, where $handOut", ({ index, name, acknowledgement }) => {
  const variantOf = (): Variant => {
    const variant = variants[index];
    expect(variant).toMatchObject({ scenario: { name }, acknowledgement });
    return variant as Variant;
  };

  it("I-4 I-5 I-31: leaves nothing behind without faults", async () => {
    expect((await play(variantOf().scenario, SEED, [], acknowledgement)).wrong).toEqual([]);
  });

  it("I-1 I-2 I-3 I-4 I-18 I-19 I-20 I-21 F-13 F-14 F-16 F-18 F-25 P-8 P-13 P-18: holds whichever call fails, is throttled, times out, loses its answer or kills its process", async () => {
    const hits = sample[index] ?? [];
    // Of the fewest calls that a job takes, times five faults.
    expect(hitsOf(variantOf().calls).length).toBeGreaterThan(150);
    expect(new Set(hits.map(({ fault }) => fault)).size).toBe(FAULTS.length);
    expect(await playHits(variantOf(), SEED, hits)).toEqual([]);
  }, 240_000);
});

describe("the sample of kill points", () => {
  const playedOn = (day: number): ReadonlySet<string> =>
    new Set(
      sampleOf(variants, MOST, day).flatMap((hits, index) =>
        hits.map((hit) => pairOf(variants[index] as Variant, hit)),
      ),
    );

  it("I-1 I-4: has every pair of call and fault in some scenario, whatever the day", () => {
    const possible = pairsOf(variants);
    for (let day = DAY + 1; day < DAY + 30; day += 1) expect(playedOn(day)).toEqual(possible);
    const played = playedOn(DAY);
    const hits = sample.reduce((sum, some) => sum + some.length, 0);
    const all = variants.reduce((sum, { calls }) => sum + hitsOf(calls).length, 0);
    const said = `${played.size} of ${possible.size} pairs of call and fault, ${hits} of ${all} hits`;
    process.stderr.write(`kill points played: ${said}\n`);
    expect(played).toEqual(possible);
  });

  it("I-1 I-4: is another one on another day", () => {
    expect(sampleOf(variants, MOST, DAY + 1)).not.toEqual(sample);
  });
});

const describeWrong = (played: Awaited<ReturnType<typeof play>>, hits: readonly Hit[]): string[] =>
  played.wrong.map((wrong) => {
    const faults = hits.map(({ at, fault }) => `${fault} at call ${at}, ${played.calls[at]}`);
    return `${wrong} [${faults.join(" and ")}]`;
  });

describe("kill points in pairs", () => {
  it("I-1 I-2 I-3 I-4 I-18 I-21: holds when two calls of one scenario go wrong", async () => {
    const hit = fc.record({ at: fc.nat(120), fault: fc.constantFrom(...FAULTS) });
    const cases = fc.asyncProperty(
      fc.constantFrom(...SCENARIOS),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.tuple(hit, hit),
      fc.boolean(),
      async (scenario, seed, hits, acknowledgement) => {
        expect(describeWrong(await play(scenario, seed, hits, acknowledgement), hits)).toEqual([]);
      },
    );
    await assertRuns("pairs of kill points", cases, 200);
  }, 120_000);
});
