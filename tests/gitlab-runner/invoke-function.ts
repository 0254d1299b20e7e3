/** Runs the function in a process of its own, as Lambda does: one event after another, a line of JSON for each. */
import { writeSync } from "node:fs";
import type { Context } from "aws-lambda";
import { handler } from "../../LambdaShellRunner/src/handler";

const RESULTS = 3;

const invokeAll = async (): Promise<void> => {
  const end = Date.now() + 900_000;
  const context = { getRemainingTimeInMillis: () => end - Date.now() } as Context;
  for (const event of JSON.parse(process.argv[2] ?? "[]") as unknown[]) {
    const result = await handler(event, context).catch((error: Error) => ({ error: error.name }));
    writeSync(RESULTS, `${JSON.stringify(result)}\n`);
  }
};

invokeAll();
