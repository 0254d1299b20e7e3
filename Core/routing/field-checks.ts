/** Checks of single fields, shared by the mapping document and the stored rows. */

/** Something that cannot be used: `problem` continues a sentence that began with its name. */
export interface BadRow {
  readonly problem: string;
}
export const isBad = (row: object): row is BadRow => "problem" in row;

/** A field's value as it counts, or why it cannot be. */
export type Checked = { readonly value: unknown } | BadRow;

export const oneOf = <Known extends string>(known: readonly Known[], value: unknown): Known | undefined =>
  known.find((each) => each === value);

const wholeNumber = (value: unknown, min: number, max: number): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
    ? value
    : undefined;

/** A list as DynamoDB gives it: a list, or a set that was typed by hand. */
export const listOf = (value: unknown): readonly unknown[] | undefined => {
  if (Array.isArray(value)) return value;
  return value instanceof Set ? [...value] : undefined;
};

export const valid = (value: unknown, otherwise: string): Checked =>
  value === undefined ? { problem: otherwise } : { value };

export const checkRange = (value: unknown, min: number, max: number, unit: string): Checked =>
  valid(wholeNumber(value, min, max), `must be a whole number of ${unit} from ${min} to ${max}`);

export const checkChoice = (known: readonly string[], value: unknown): Checked =>
  valid(oneOf(known, value), `must be ${known.join(" or ")}`);

export const checkSwitch = (value: unknown): Checked =>
  valid(typeof value === "boolean" ? value : undefined, "must be true or false");

export const isProjectId = (value: unknown): value is number =>
  wholeNumber(value, 1, Number.MAX_SAFE_INTEGER) !== undefined;

/** A list that is not empty, each of its entries right. */
export const checkList = (
  value: unknown,
  isRight: (each: unknown) => boolean,
  otherwise: string,
): Checked => {
  const list = listOf(value);
  return valid(list?.length && list.every(isRight) ? list : undefined, otherwise);
};
