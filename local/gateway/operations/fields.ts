import type { Fields } from "../../../Core/fields";
import { UnclearCallError } from "./need";

/** A JSON object of a call's input. */
export type { Fields };

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A map below a name; empty when it is absent. */
export const mapAt = (fields: Fields, name: string): Fields => {
  const value = fields[name] ?? {};
  if (!isFields(value)) throw new UnclearCallError(`${name} is not a map`);
  return value;
};

/** A list below a name; empty when it is absent. */
export const listAt = (fields: Fields, name: string): readonly unknown[] => {
  const value = fields[name] ?? [];
  if (!Array.isArray(value)) throw new UnclearCallError(`${name} is not a list`);
  return value;
};

export const mapsAt = (fields: Fields, name: string): readonly Fields[] =>
  listAt(fields, name).map((item) => {
    if (!isFields(item)) throw new UnclearCallError(`${name} holds something that is not a map`);
    return item;
  });

export const textsAt = (fields: Fields, name: string): readonly string[] =>
  listAt(fields, name).map((item) => {
    if (typeof item !== "string") throw new UnclearCallError(`${name} holds something that is not a text`);
    return item;
  });

/** A text below a name; undefined when it is absent. */
export const textAt = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  if (value !== undefined && value !== null && typeof value !== "string") {
    throw new UnclearCallError(`${name} is not a text`);
  }
  return value ?? undefined;
};

export const requireText = (fields: Fields, name: string): string => {
  const text = textAt(fields, name);
  if (text === undefined) throw new UnclearCallError(`${name} is missing`);
  return text;
};
