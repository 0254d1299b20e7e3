/** Memoizes a function of one argument: shipped files are parsed once, however often a run uses them. */
export const once = <Key, Read>(read: (key: Key) => Read): ((key: Key) => Read) => {
  const known = new Map<Key, Read>();
  return (key) => {
    const found = known.get(key) ?? read(key);
    known.set(key, found);
    return found;
  };
};
