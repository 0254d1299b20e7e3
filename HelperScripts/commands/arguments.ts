import { InvalidArgumentError } from "commander";
import { type JobAddress, parseJobAddress } from "../start/job-address";

/** A GitLab id. */
export const positiveInteger = (text: string): number => {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number above 0.");
};

/** A job as the user names it: its id, or its address in GitLab. */
export const jobAddress = (text: string): JobAddress => {
  try {
    return parseJobAddress(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
};

/** A project as the user names it: its id, or its full path such as `group/app`. */
export const projectName = (text: string): number | string =>
  /^\d+$/.test(text) || !text.includes("/") ? positiveInteger(text) : text;

const MAX_SECONDS = 3_600;

/** How often something is shown again. */
export const secondsOrDefault = (text: string): number => {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`It must be whole seconds, 1 to ${MAX_SECONDS}.`);
};

/** Daily sums are kept for so long. */
const MAX_DAYS = 400;

/** How many days of the past are shown, today among them. */
export const daysOfPast = (text: string): number => {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new InvalidArgumentError(`It must be whole days, 1 to ${MAX_DAYS}.`);
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
