import { InvalidInputError } from "../../../Core/errors";

/**
 * The event with which AutoScaler invokes a runner function, asynchronously.
 *
 * @example { "bootstrapKey": "9f2c…", "runnerId": 12 }
 */
export interface RunnerEvent {
  /** 256 random bits in hexadecimal: the key of the bootstrap row. */
  readonly bootstrapKey: string;
  readonly runnerId: number;
}

/** @throws InvalidInputError that names the invalid field */
export const parseRunnerEvent = (input: unknown): RunnerEvent => {
  const { bootstrapKey, runnerId } = (input ?? {}) as Record<string, unknown>;
  if (typeof bootstrapKey !== "string" || bootstrapKey === "") {
    throw new InvalidInputError("bootstrapKey must be a string: only AutoScaler invokes a runner function");
  }
  if (typeof runnerId !== "number" || !Number.isSafeInteger(runnerId) || runnerId <= 0) {
    throw new InvalidInputError("runnerId must be a positive whole number");
  }
  return { bootstrapKey, runnerId };
};
