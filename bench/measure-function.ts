/**
 * Runs in a process of its own, once a sample: loads a bundle, calls it twice with the same input, and prints
 * the milliseconds, by the wall clock and of processor time. What the first call takes longer than the second
 * is what it still had to load and compile.
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
  /** How the second call ended; both end alike. */
  readonly outcome: string;
}

const [, , bundle = "", input = "null"] = process.argv;
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

type Handler = (input: unknown, context: object) => unknown;

const measure = async (): Promise<Sample> => {
  // Over plain http, as here, the SDK loads node:http by a dynamic import, and with it Node's loader of modules;
  // over https it has no use for either. So that loader is there before anything is measured.
  await import("node:path");
  let handler: Handler = () => undefined;
  let outcome = "";
  const load = await costOf(() => {
    handler = require(bundle).handler;
  });
  const first = await costOf(() => call(handler));
  const second = await costOf(async () => {
    outcome = await call(handler);
  });
  return { load, first, second, outcome };
};

void measure().then((sample) => {
  print(JSON.stringify(sample));
  process.exit(0);
});
