/** A worker thread is one environment of one function and runs one call at a time. */
import { parentPort, workerData } from "node:worker_threads";
import type { FunctionCall } from "./call";
import { loadHandler, runHandler } from "./run-handler";

const { file, exportName } = workerData as { file: string; exportName: string };
void loadHandler(file, exportName).then((handler) => {
  parentPort?.on("message", async (call: FunctionCall) => {
    parentPort?.postMessage(await runHandler(handler, call));
  });
  parentPort?.postMessage("loaded");
});
