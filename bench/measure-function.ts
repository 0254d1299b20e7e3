import { builtinModules, createRequire } from "node:module";

/**
 * Runs in a process of its own, once a sample: loads a bundle, calls it twice with the same input, and prints
 * the milliseconds, by the wall clock and of processor time.
 *
 *   node measure-function.cjs BUNDLE INPUT [NAMES]
 *
 * NAMES are Node's own modules that the first call is known to load, as a list in JSON: loaded before it, so that
 * the difference to a sample without them is what the first call still imports.
 */

interface Cost {
  readonly wall: number;
  /** All threads: on a quiet machine hardly more than the wall clock's, on a busy one far more steady. */
  readonly processor: number;
}

interface Sample {
  readonly load: Cost;
  readonly first: Cost;
  readonly second: Cost;
  /** Node's own modules that the first call loaded. */
  readonly imports: readonly string[];
  /** How the second call ended; both end alike. */
  readonly outcome: string;
}

const [, , bundle = "", input = "null", names = "[]"] = process.argv;
const load = createRequire(__filename);
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

const costOf = async (work: () => unknown): Promise<Cost> => {
  const start = performance.now();
  const used = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: performance.now() - start, processor: (user + system) / 1_000 };
};

const call = async (handler: (input: unknown, context: object) => unknown): Promise<string> => {
  try {
    await handler(JSON.parse(input), {
      invokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:f",
    });
    return "answered";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

/** Names of public modules of Node's that are loaded by now. */
const loaded = (): readonly string[] => {
  const list = (process as unknown as { moduleLoadList: readonly string[] }).moduleLoadList;
  return list
    .map((name) => name.replace(/^NativeModule /, ""))
    .filter((name) => builtinModules.includes(name));
};

type Handler = (input: unknown, context: object) => unknown;

const measure = async (): Promise<Sample> => {
  // Over plain http, as here, the SDK loads node:http by a dynamic import, and with it Node's loader of modules;
  // over https it has no use for either. So that loader is there before anything is measured.
  await import("node:path");
  let handler: Handler = () => undefined;
  let outcome = "";
  const loading = await costOf(() => {
    handler = load(bundle).handler;
  });
  for (const name of JSON.parse(names) as readonly string[]) load(`node:${name}`);
  const before = new Set(loaded());
  const first = await costOf(() => call(handler));
  const imports = loaded().filter((name) => !before.has(name));
  const second = await costOf(async () => {
    outcome = await call(handler);
  });
  return { load: loading, first, second, imports, outcome };
};

void measure().then((sample) => {
  print(JSON.stringify(sample));
  process.exit(0);
});
