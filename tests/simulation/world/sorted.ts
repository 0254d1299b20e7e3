/** Where a key stands in an ascending list, or would stand. */
const placeOf = (keys: readonly string[], key: string): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const insertSorted = (keys: string[], key: string): void => {
  keys.splice(placeOf(keys, key), 0, key);
};

export const removeSorted = (keys: string[], key: string): void => {
  const place = placeOf(keys, key);
  if (keys[place] === key) keys.splice(place, 1);
};
