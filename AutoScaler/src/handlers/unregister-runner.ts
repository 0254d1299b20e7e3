import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { loadLater } from "../adapters/load-later";
import { parseEndOrder } from "../stop/end-input";
import type { EndResult } from "../stop/end-order";
import { unregisterRunner } from "../stop/unregister-runner";
import { machine } from "./machine";
import { sendingMetrics } from "./sending-metrics";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, withTables } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  ledgerTable: "LEDGER_TABLE",
  bootstrapTable: "BOOTSTRAP_TABLE",
});
const configuration = configurationOf(env);
const tables = loadLater("The tables", async () =>
  (await import("./ledger-and-rows")).ledgerAndRows(env.ledgerTable, env.bootstrapTable),
);

/** Task "Unregister runner". Input: one order of "Find runner". */
const handle = async (input: unknown): Promise<EndResult> => {
  const order = parseEndOrder(input);
  const result = await unregisterRunner(
    { ...machine, ...(await withTables(gitLabOf(configuration), tables)) },
    order,
  );
  const { runnerId, reason, kind: outcome } = result;
  log.info("RUNNER_UNREGISTERED", { jobId: order.endedJob?.id, runnerId, outcome, reason });
  return result;
};

export const handler = sendingMetrics(configuration.collector, handle);
