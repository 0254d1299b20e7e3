/** The process of one call of a runner function, which it loads before the call. It exits when the host does. */
// First: the jobs of this process run as the same user.
import "../../Core/process/no-inspector";
import type { FunctionCall } from "./call";
import { loadHandler, runHandler } from "./run-handler";

const [, , file = "", exportName = ""] = process.argv;

process.on("disconnect", () => process.exit(1));
const loading = loadHandler(file, exportName);
process.on("message", async (call: FunctionCall) => {
  const outcome = await runHandler(await loading, call);
  // The host kills this process once it has read the outcome. An exit here could lose it.
  process.send?.(outcome);
});
