type Key = string | number;

/** Index of a key in an ascending list, or where to insert it. */
const indexOf = <Of extends Key>(keys: readonly Of[], key: Of): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as Of) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Index of the first key after another. */
export const indexAfter = <Of extends Key>(keys: readonly Of[], key: Of): number => {
  const place = indexOf(keys, key);
  return keys[place] === key ? place + 1 : place;
};

export const insertSorted = <Of extends Key>(keys: Of[], key: Of): void => {
  keys.splice(indexOf(keys, key), 0, key);
};

export const removeSorted = <Of extends Key>(keys: Of[], key: Of): void => {
  const place = indexOf(keys, key);
  if (keys[place] === key) keys.splice(place, 1);
};

/** Items in the order of a text key, like a table's index. A write is a binary search and a splice. */
export const sorted = <Item>() => {
  const keys: string[] = [];
  const items = new Map<string, Item>();

  return {
    set: (key: string, item: Item): void => {
      if (!items.has(key)) insertSorted(keys, key);
      items.set(key, item);
    },
    delete: (key: string): void => {
      if (items.delete(key)) removeSorted(keys, key);
    },
    /** At most `limit` items whose key is above `after`, and the last one's key when there are more. */
    page: (limit: number, after?: string): { readonly items: readonly Item[]; readonly next?: string } => {
      const start = after === undefined ? 0 : indexAfter(keys, after);
      const shown = keys.slice(start, start + limit);
      const found = shown.flatMap((key) => items.get(key) ?? []);
      const last = shown.at(-1);
      return start + limit < keys.length && last !== undefined
        ? { items: found, next: last }
        : { items: found };
    },
  };
};
