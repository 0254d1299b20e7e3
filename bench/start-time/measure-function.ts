import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Runs in a process of its own for each sample: loads a bundle, calls it twice with the same input, and prints
 * milliseconds of processor time, which other load on the machine hardly changes.
 *
 *   node measure-function.cjs BUNDLE INPUT GITLAB_MILLISECONDS
 */

export interface Cost {
  /** Processor time of all threads, in milliseconds. */
  readonly work: number;
  /** The part of it during a request to GitLab. */
  readonly hidden: number;
}

export interface Sample {
  readonly load: Cost;
  readonly first: Cost;
  readonly second: Cost;
  /** Result of the second call; both calls have the same. */
  readonly outcome: string;
}

type Handler = (input: unknown, context: object) => unknown;

const [, , bundle = "", input = "null", gitLabMilliseconds = "0"] = process.argv;
const require = createRequire(__filename);
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

let hidden = 0;

/** Work is hidden behind GitLab's answer for at most the time that the answer takes. */
const hideWork = (request: ClientRequest): void => {
  request.once("finish", () => {
    const before = processorTime();
    request.once("response", () => {
      hidden += Math.min(Number(gitLabMilliseconds), processorTime() - before);
    });
  });
};

subscribe("http.client.request.start", (message) => {
  const { request } = message as { readonly request: ClientRequest };
  if (request.path.startsWith("/api/v4/")) hideWork(request);
});

const costOf = async (work: () => unknown): Promise<Cost> => {
  const before = { time: processorTime(), hidden };
  await work();
  return { work: processorTime() - before.time, hidden: hidden - before.hidden };
};

/** As Lambda's runtime loads it. */
const load = async (path: string): Promise<Handler> =>
  (path.endsWith(".mjs") ? await import(pathToFileURL(path).href) : require(path)).handler;

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
  // Over plain http, as here, the SDK loads node:http by a dynamic import, and with it Node's module loader. Over
  // https it needs neither. So that loader is loaded before the measurement.
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
