import { createHash } from "node:crypto";

/** A generator of numbers from 0 up to 1 that repeats itself for one seed (mulberry32). */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** What can be drawn. */
export interface Drawable {
  readonly kind: string;
  /** Says which it is, whatever else there is; several may share one. */
  readonly name: string;
}

/** By a hash of seed and name: an item that comes or goes leaves the order of the others as it is. */
const shuffled = <Item extends Drawable>(items: readonly Item[], seed: number): Item[] => {
  const seen = new Map<string, number>();
  const rank = ({ name }: Item): string => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return createHash("sha256").update(`${seed} ${count} ${name}`).digest("hex");
  };
  return items
    .map((item) => ({ item, rank: rank(item) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .map(({ item }) => item);
};

/**
 * Draws without putting back: first a kind, then one of its members. Strings, which are half of all places, would
 * otherwise hide how well the rarer kinds are caught. One seed draws nearly the same of code that has changed a little.
 */
export const sample = <Item extends Drawable>(
  items: readonly Item[],
  count: number,
  seed: number,
): readonly Item[] => {
  const random = randomOf(seed);
  const left = new Map(
    [...new Set(items.map(({ kind }) => kind))].map((kind) => [
      kind,
      shuffled(
        items.filter((item) => item.kind === kind),
        seed,
      ),
    ]),
  );
  const drawn: Item[] = [];
  while (drawn.length < count && left.size > 0) {
    const kinds = [...left.keys()].sort();
    const kind = kinds[Math.floor(random() * kinds.length)] ?? "";
    drawn.push(...(left.get(kind) ?? []).splice(0, 1));
    if (left.get(kind)?.length === 0) left.delete(kind);
  }
  return drawn;
};
