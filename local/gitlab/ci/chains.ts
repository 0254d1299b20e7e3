interface Level<Value> {
  readonly value: Value;
  /** How many stand below each other, itself included. */
  readonly levels: number;
}

/**
 * Resolves keys that stand for others, each once: a thousand uses cost no more than one.
 *
 * @param maxLevels of them in a row
 * @param resolve what a key stands for, where `follow` resolves those that it names
 * @param tooDeep for a circle, or a longer row
 */
export const chains = <Value>(
  maxLevels: number,
  resolve: (key: string, follow: (key: string) => Value) => Value,
  tooDeep: (key: string) => Error,
): ((key: string) => Value) => {
  const done = new Map<string, Level<Value>>();
  const underWay: { readonly key: string; levels: number }[] = [];
  const found = (key: string): Level<Value> => {
    const known = done.get(key);
    if (known !== undefined) return known;
    const own = { key, levels: 1 };
    if (underWay.length >= maxLevels || underWay.some((other) => other.key === key)) throw tooDeep(key);
    underWay.push(own);
    const value = resolve(key, follow);
    underWay.pop();
    if (own.levels > maxLevels) throw tooDeep(key);
    done.set(key, { value, levels: own.levels });
    return { value, levels: own.levels };
  };
  const follow = (key: string): Value => {
    const { value, levels } = found(key);
    const above = underWay.at(-1);
    if (above !== undefined) above.levels = Math.max(above.levels, levels + 1);
    return value;
  };
  return follow;
};
