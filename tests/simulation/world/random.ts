/** Jest's globals are slower to look up than a constant, and this code runs for every call. */
const { floor, imul } = Math;

/** A seeded pseudo-random generator: the same seed gives the same numbers. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** Whole number, 0 ≤ n < bound. */
  below(bound: number): number;
  /** From `least` up to `most`, uniformly. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** A generator of its own: draws of one part do not shift those of another. */
  fork(name: string): Random;
}

const hash = (text: string): number => {
  let value = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) {
    value = imul(value ^ text.charCodeAt(index), 16_777_619);
  }
  return value >>> 0;
};

/** A Weyl sequence whose terms are mixed by MurmurHash3's finalizer. */
export const random = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
  };
  const dice: Random = {
    next,
    below: (bound) => floor(next() * bound),
    between: (least, most) => least + next() * (most - least),
    chance: (probability) => probability > 0 && next() < probability,
    pick: <Item>(items: readonly Item[]) => items[floor(next() * items.length)] as Item,
    fork: (name) => random(hash(`${seed}/${name}`)),
  };
  return dice;
};
