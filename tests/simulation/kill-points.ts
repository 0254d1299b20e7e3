import { type Hit, hitsOf, play, SCENARIOS, type Scenario } from "./scenarios";

/** A scenario in one of GitLab's two ways to hand a job out, and its calls without faults. */
export interface Variant {
  readonly scenario: Scenario;
  /** Whether a job waits for its runner's confirmation. */
  readonly acknowledgement: boolean;
  readonly calls: readonly string[];
}

/** A call by its name and caller, and its fault. */
export const pairOf = ({ calls }: Variant, { at, fault }: Hit): string => `${fault} at ${calls[at]}`;

/** Every scenario in both ways, with GitLab's default first. */
export const variantsOf = (seed: number): Promise<readonly Variant[]> =>
  Promise.all(
    [false, true].flatMap((acknowledgement) =>
      SCENARIOS.map(async (scenario) => {
        const { calls } = await play(scenario, seed, [], acknowledgement);
        return { scenario, acknowledgement, calls };
      }),
    ),
  );

/** The pairs of call and fault that are possible. */
export const pairsOf = (variants: readonly Variant[]): ReadonlySet<string> =>
  new Set(variants.flatMap((variant) => hitsOf(variant.calls).map((hit) => pairOf(variant, hit))));

/** The next number from there on that shares no factor with the number of faults: so each fault is played. */
const stepOf = (hits: number, most: number): number => {
  const step = Math.max(1, Math.ceil(hits / most));
  return step % 5 === 0 ? step + 1 : step;
};

/** Each n-th hit of each scenario; where the count begins goes round with the scenarios and with the day. */
const rotating = (variants: readonly Variant[], most: number, offset: number): Hit[][] =>
  variants.map(({ calls }, index) => {
    const hits = hitsOf(calls);
    const step = stepOf(hits.length, most);
    return hits.filter((_, place) => place % step === (index + offset) % step);
  });

/** Gives each pair that nobody plays to one of the scenarios that can, one after the other. */
const fillUp = (variants: readonly Variant[], chosen: readonly Hit[][], offset: number): void => {
  const played = new Set(
    variants.flatMap((one, index) => (chosen[index] ?? []).map((hit) => pairOf(one, hit))),
  );
  for (let step = 0; step < variants.length; step += 1) {
    const index = (step + offset) % variants.length;
    const variant = variants[index] as Variant;
    for (const hit of hitsOf(variant.calls)) {
      if (played.has(pairOf(variant, hit))) continue;
      played.add(pairOf(variant, hit));
      chosen[index]?.push(hit);
    }
  }
};

/**
 * Hits of each scenario, about `most` of each. Together they have every pair of call and fault that any scenario can
 * have.
 *
 * @param offset another number, another sample
 */
export const sampleOf = (
  variants: readonly Variant[],
  most: number,
  offset: number,
): readonly (readonly Hit[])[] => {
  const chosen = rotating(variants, most, offset);
  fillUp(variants, chosen, offset);
  return chosen;
};

/** Plays hits of a scenario. @returns what is wrong, one sentence each */
export const playHits = async (
  { scenario, acknowledgement }: Variant,
  seed: number,
  hits: readonly Hit[],
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const hit of hits) {
    const { wrong, calls } = await play(scenario, seed, [hit], acknowledgement);
    found.push(...wrong.map((one) => `${one} [${hit.fault} at call ${hit.at}, ${calls[hit.at]}]`));
  }
  return found;
};
