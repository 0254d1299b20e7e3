import { TransientError } from "../../../Core/errors";

/** A module that is loaded when it is first needed, or earlier while there is time. */
export interface LoadedLater<Part> {
  /** Begins to load. A failure is thrown where the module is used. */
  readonly begin: () => void;
  /** @throws TransientError if it cannot be loaded */
  readonly get: () => Promise<Part>;
}

/**
 * Loads a module once, by a dynamic import. A bundle does not evaluate the module before that.
 *
 * @param what the module's name in an error, e.g. `the EC2 client`
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
