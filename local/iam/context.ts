/**
 * What a request carries for conditions and variables: key to value. A key that may have many values has a list,
 * even of one; an absent key is absent.
 */
export type ConditionContext = Readonly<Record<string, string | readonly string[]>>;

const indexes = new WeakMap<ConditionContext, ReadonlyMap<string, readonly string[]>>();

const indexOf = (context: ConditionContext): ReadonlyMap<string, readonly string[]> => {
  const known = indexes.get(context);
  if (known !== undefined) return known;
  const index = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(context)) {
    const name = key.toLowerCase();
    // Two tags whose keys differ in case alone are one key with two values, which no condition takes.
    index.set(name, [...(index.get(name) ?? []), ...(typeof value === "string" ? [value] : value)]);
  }
  indexes.set(context, index);
  return index;
};

/** The values of a key, whose name knows no case; undefined when the request does not carry it. */
export const valuesOf = (context: ConditionContext, key: string): readonly string[] | undefined =>
  indexOf(context).get(key.toLowerCase());
