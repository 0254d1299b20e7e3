/** Memoizes a function of one argument: shipped files are parsed once, however often a run uses them. */
export const once = <Key, Read>(read: (key: Key) => Read): ((key: Key) => Read) => {
  const known = new Map<Key, Read>();
  return (key) => {
    const found = known.get(key) ?? read(key);
    known.set(key, found);
    return found;
  };
};

/** Memoizes the last argument alone. */
export const lastOf = <Key, Made>(make: (key: Key) => Made): ((key: Key) => Made) => {
  let last: { readonly key: Key; readonly made: Made } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, made: make(key) };
    return last.made;
  };
};
