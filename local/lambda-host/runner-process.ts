/** A process of its own for one call of a runner function. It leaves when the host goes away. */
import type { Call } from "./call";
import { loadHandler, runHandler } from "./run-handler";

const [, , file = "", exportName = ""] = process.argv;

process.on("disconnect", () => process.exit(1));
process.on("message", async (call: Call) => {
  const outcome = await runHandler(await loadHandler(file, exportName), call);
  // The host ends this process when it has the answer: left to itself it could be gone before that is read.
  process.send?.(outcome);
});
