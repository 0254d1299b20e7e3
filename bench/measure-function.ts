import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Runs in a process of its own, once a sample: loads a bundle, calls it twice with the same input, and prints
 * the milliseconds, by the wall clock and of processor time.
 *
 *   node measure-function.cjs BUNDLE INPUT
 */

export interface Cost {
  readonly wall: number;
  /** All threads: also what is done while the function waits. */
  readonly processor: number;
}

export interface Sample {
  readonly load: Cost;
  readonly first: Cost;
  readonly second: Cost;
  /** How the second call ended; both end alike. */
  readonly outcome: string;
}

const [, , bundle = "", input = "null"] = process.argv;
const require = createRequire(__filename);

/** As Lambda's runtime loads it. */
const load = async (path: string): Promise<Handler> =>
  (path.endsWith(".mjs") ? await import(pathToFileURL(path).href) : require(path)).handler;
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

const costOf = async (work: () => unknown): Promise<Cost> => {
  const start = performance.now();
  const used = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: performance.now() - start, processor: (user + system) / 1_000 };
};

type Handler = (input: unknown, context: object) => unknown;

const call = async (handler: Handler): Promise<string> => {
  try {
    await handler(JSON.parse(input), {
      invokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:f",
    });
    return "answered";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : "threw";
  }
};

const measure = async (): Promise<Sample> => {
  // Over plain http, as here, the SDK loads node:http by a dynamic import, and with it Node's loader of modules;
  // over https it has no use for either. So that loader is there before anything is measured.
  await import("node:path");
  let handler: Handler = () => undefined;
  let outcome = "";
  const loading = await costOf(async () => {
    handler = await load(bundle);
  });
  const first = await costOf(() => call(handler));
  const second = await costOf(async () => {
    outcome = await call(handler);
  });
  return { load: loading, first, second, outcome };
};

void measure().then((sample) => {
  print(JSON.stringify(sample));
  process.exit(0);
});
