import { loadLater } from "../adapters/load-later";

/**
 * For functions that read no configuration: what they ask of Parameter Store, whose client is loaded with the first question. In a
 * file of its own, see `machine.ts`.
 *
 * @param path our configuration path, e.g. `/gitlabrunner`
 */
const store = loadLater("Parameter Store", () => import("./parameter-store"));
type Store = typeof import("./parameter-store");

const later = <Answer>(make: (loaded: Store) => () => Promise<Answer>): (() => Promise<Answer>) => {
  let ask: (() => Promise<Answer>) | undefined;
  return async () => {
    const loaded = await store.get();
    ask ??= make(loaded);
    return ask();
  };
};

/** Where metrics are sent. */
export const collectorLater = (path: string) => later(({ collectorIn }) => collectorIn(path));
/** The images that MicroVmRunner has published. */
export const imagesLater = (path: string) => later(({ imagesIn }) => imagesIn(path));
/** The function that LambdaShellRunner has published. */
export const publishedRunnerLater = (path: string) => later(({ runnerIn }) => runnerIn(path));
