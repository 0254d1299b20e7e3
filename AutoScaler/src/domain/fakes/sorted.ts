/** Items by a text key, in the key's order: what an index of a table is. A write is a binary search and a splice. */
export const sorted = <Item>() => {
  const keys: string[] = [];
  const items = new Map<string, Item>();

  const position = (key: string): number => {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    set: (key: string, item: Item): void => {
      if (!items.has(key)) keys.splice(position(key), 0, key);
      items.set(key, item);
    },
    delete: (key: string): void => {
      if (items.delete(key)) keys.splice(position(key), 1);
    },
    /** At most `limit` items whose key is above `after`, and the last one's key when there are more. */
    page: (limit: number, after?: string): { readonly items: readonly Item[]; readonly next?: string } => {
      const exact = after === undefined ? 0 : position(after);
      const start = keys[exact] === after && after !== undefined ? exact + 1 : exact;
      const shown = keys.slice(start, start + limit);
      const found = shown.flatMap((key) => items.get(key) ?? []);
      const last = shown.at(-1);
      return start + limit < keys.length && last !== undefined
        ? { items: found, next: last }
        : { items: found };
    },
  };
};
