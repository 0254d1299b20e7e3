import { InvalidInputError } from "./errors";
import type { Fields } from "./fields";

/** Helpers for what our own workflows hand from task to task: checked, because it arrives as JSON. */

export const fieldsOf = (value: unknown, what: string): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidInputError(`${what} must be an object`);
  }
  return value as Fields;
};

export const idOf = (value: unknown, what: string): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    throw new InvalidInputError(`${what} must be a positive whole number`);
  }
  return value;
};

export const optionalIdOf = (value: unknown, what: string): number | undefined =>
  value === undefined ? undefined : idOf(value, what);

export const textOf = (value: unknown, what: string): string => {
  if (typeof value !== "string") throw new InvalidInputError(`${what} must be a string`);
  return value;
};
