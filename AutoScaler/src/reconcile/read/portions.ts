/** Acts on the items in their order, a few at a time, and returns the results in that order. */
export const inPortions = async <Item, Result>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += atOnce)
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(act))));
  return results;
};

/** Calls to GitLab at a time. One after the other, two hundred of them would take half of a minute. */
export const CALLS_AT_ONCE = 4;
