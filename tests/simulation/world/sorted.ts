type Key = string | number;

/** Where a key stands in an ascending list, or would stand. */
const placeOf = <Of extends Key>(keys: readonly Of[], key: Of): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as Of) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Where the first key stands that comes after another. */
export const placeAfter = <Of extends Key>(keys: readonly Of[], key: Of): number => {
  const place = placeOf(keys, key);
  return keys[place] === key ? place + 1 : place;
};

export const insertSorted = <Of extends Key>(keys: Of[], key: Of): void => {
  keys.splice(placeOf(keys, key), 0, key);
};

export const removeSorted = <Of extends Key>(keys: Of[], key: Of): void => {
  const place = placeOf(keys, key);
  if (keys[place] === key) keys.splice(place, 1);
};
