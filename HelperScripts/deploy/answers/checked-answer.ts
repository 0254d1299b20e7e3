import { UsageError } from "../../context";

/** @throws UsageError with field, value and remedy; not for secrets */
export const refuse = (field: string, value: unknown, remedy: string): never => {
  throw new UsageError(`${field} is ${JSON.stringify(value)}: ${remedy}`);
};

/** @returns takes a text of the pattern, and refuses all else */
export const checked = (field: string, pattern: RegExp, remedy: string) => (value: unknown) =>
  typeof value === "string" && pattern.test(value) ? value : refuse(field, value, remedy);
