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

/**
 * Draws without putting back: first a kind, then one of its members. Strings, which are half of all places, would
 * otherwise hide how well the rarer kinds are caught.
 */
export const sample = <Item extends { readonly kind: string }>(
  items: readonly Item[],
  count: number,
  random: () => number,
): readonly Item[] => {
  const left = new Map<string, Item[]>();
  for (const kind of new Set(items.map((item) => item.kind))) {
    left.set(
      kind,
      items.filter((item) => item.kind === kind),
    );
  }
  const drawn: Item[] = [];
  while (drawn.length < count && left.size > 0) {
    const kinds = [...left.keys()];
    const kind = kinds[Math.floor(random() * kinds.length)] ?? "";
    const members = left.get(kind) ?? [];
    drawn.push(...members.splice(Math.floor(random() * members.length), 1));
    if (members.length === 0) left.delete(kind);
  }
  return drawn;
};
