/**
 * A part of a long run, so that it can be done in pieces.
 *
 * @param part `I/N`, counted from 1: every N-th item, beginning with the I-th. The N parts together are all items
 * @throws Error when it is not of that form
 */
export const sliceOf = <Item>(items: readonly Item[], part: string): readonly Item[] => {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(part) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new Error(`--slice takes I/N with I from 1 to N, such as 2/5, not "${part}"`);
  }
  return items.filter((_, position) => position % count === index - 1);
};
