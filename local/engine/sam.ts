import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { KEPT, type RunFolder } from "../run-folder";

/** The SAM CLI of the clone's own Python environment. */
export const SAM = join(KEPT, "venv/bin/sam");

/** SAM's own state goes to the run's folder, says nothing to its makers and asks for no newer version. */
export const samEnv = (run: RunFolder): Record<string, string> => {
  const folder = run.folder("sam");
  const state = {
    installationId: "00000000-0000-4000-8000-000000000000",
    telemetryEnabled: false,
    lastVersionCheck: Date.now() / 1_000,
  };
  writeFileSync(join(folder, "metadata.json"), JSON.stringify(state));
  return {
    ...run.env,
    __SAM_CLI_APP_DIR: folder,
    SAM_CLI_TELEMETRY: "0",
    // Its default asks for a stack's state every five seconds.
    SAM_CLI_POLL_DELAY: "0.3",
  };
};
