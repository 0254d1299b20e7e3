import { TransientError } from "../../../Core/errors";

/** A part of the program that is loaded when it is first needed, or earlier where there is time. */
export interface LoadedLater<Part> {
  /** Begins to load. A failure shows where the part is used. */
  readonly begin: () => void;
  /** @throws TransientError when it cannot be loaded */
  readonly get: () => Promise<Part>;
}

/**
 * Loads a part once, by a dynamic import: what a bundle reaches in no other way is not evaluated before that.
 *
 * @param what names the part in an error, e.g. `the EC2 client`
 */
export const loadLater = <Part>(what: string, load: () => Promise<Part>): LoadedLater<Part> => {
  let loading: Promise<Part> | undefined;
  const get = (): Promise<Part> => {
    loading ??= load().catch((cause: unknown) => {
      throw new TransientError(`${what} could not be loaded`, { cause });
    });
    return loading;
  };
  return { get, begin: () => void get().catch(() => undefined) };
};
