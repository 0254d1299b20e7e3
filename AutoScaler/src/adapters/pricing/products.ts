/** One product of the price list, as far as it is read. */
export interface Product {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** USD for a unit, from the first one on. */
  readonly price: number;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
const valuesOf = (value: unknown): readonly Fields[] => Object.values(fieldsOf(value)).map(fieldsOf);

const dollarsOf = (dimension: Fields): number => Number(fieldsOf(dimension.pricePerUnit).USD);

/** A volume discount is for quantities that no runner knows of: what counts is the first tier. */
const firstTier = (dimensions: readonly Fields[]): readonly number[] =>
  dimensions.filter(({ beginRange }) => Number(beginRange ?? 0) === 0).map(dollarsOf);

/**
 * Reads a product, which GetProducts gives as a JSON text. Undefined: it cannot be read, or it costs nothing, as what is part of
 * a free allowance.
 *
 * @example `{"product":{"attributes":{"instanceType":"m7g.large"}},"terms":{"OnDemand":{"…":{"priceDimensions":{"…":
 *   {"beginRange":"0","unit":"Hrs","pricePerUnit":{"USD":"0.0816000000"}}}}}}}`
 */
export const productOf = (text: string): Product | undefined => {
  const entry = fieldsOf(parsed(text));
  const terms = valuesOf(fieldsOf(entry.terms).OnDemand);
  const [price] = terms
    .flatMap(({ priceDimensions }) => firstTier(valuesOf(priceDimensions)))
    .filter((dollars) => dollars > 0);
  const attributes = fieldsOf(fieldsOf(entry.product).attributes);
  return price === undefined ? undefined : { attributes, price };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
