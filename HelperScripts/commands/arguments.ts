import { InvalidArgumentError } from "commander";

/** A GitLab id. */
export const positiveInteger = (text: string): number => {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number above 0.");
};

/** `a,b` → a, b. */
export const commaList = (text: string): readonly string[] =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

export const oneOfThese =
  (known: readonly string[]) =>
  (text: string): string => {
    if (known.includes(text)) return text;
    throw new InvalidArgumentError(`It must be one of ${known.join(", ")}.`);
  };
