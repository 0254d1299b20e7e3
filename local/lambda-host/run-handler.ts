import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { CallOutcome, FunctionCall } from "./call";

type Handler = (event: unknown, context: unknown) => unknown;

/**
 * Loads a bundled handler as Lambda's runtime does: a module is imported, all else required. To import a script would
 * cost more than to run it: its whole text is searched for the names that it exports.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/UserFunction.js
 *
 * @param file the bundle, e.g. `…/LookUpRunnerFunction/look-up-runner.mjs`
 */
export const loadHandler = async (file: string, exportName: string): Promise<Handler> => {
  const loaded: Record<string, unknown> = file.endsWith(".mjs")
    ? await import(pathToFileURL(file).href)
    : createRequire(file)(file);
  const handler = loaded[exportName];
  if (typeof handler !== "function") throw new Error(`${file} exports no ${exportName}`);
  return handler as Handler;
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Runs one call. A failure is reported by the error's name, as Lambda reports it to a workflow. */
export const runHandler = async (handler: Handler, call: FunctionCall): Promise<CallOutcome> => {
  const context = {
    awsRequestId: call.requestId,
    functionName: call.functionName,
    invokedFunctionArn: call.functionArn,
    getRemainingTimeInMillis: () => call.deadline - Date.now(),
  };
  try {
    return { result: (await handler(call.event, context)) ?? null };
  } catch (error) {
    return { error: { errorType: nameOf(error), errorMessage: messageOf(error) } };
  }
};
