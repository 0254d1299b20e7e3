/** Reads what is written in a shipped file once, however often it is followed. */
export const once = <Key, Read>(read: (key: Key) => Read): ((key: Key) => Read) => {
  const known = new Map<Key, Read>();
  return (key) => {
    const found = known.get(key) ?? read(key);
    known.set(key, found);
    return found;
  };
};
