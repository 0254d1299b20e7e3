import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseEndResult } from "../stop/end-input";
import type { EndResult } from "../stop/end-order";
import { terminateInstance } from "../stop/terminate-instance";
import { ledgerOf } from "./ledger-wiring";
import { machine } from "./machine";
import { machinesOf } from "./machines-wiring";
import { collectorLater, imagesLater } from "./parameter-store-later";
import { sendingMetrics } from "./sending-metrics";

const env = readEnv(process.env, {
  path: "CONFIGURATION_PATH",
  ledgerTable: "LEDGER_TABLE",
  deploymentId: "DEPLOYMENT_ID",
});
const parts = { ...machine, ledger: ledgerOf(env.ledgerTable), ...machinesOf(imagesLater(env.path)) };

/** Task "Terminate instance". Input: what "Unregister runner" returned. */
const handle = async (input: unknown): Promise<EndResult> => {
  const result = await terminateInstance(parts, parseEndResult(input));
  const { runnerId, resourceId, keptUntil, reason } = result;
  const outcome = keptUntil === undefined ? result.kind : "kept";
  log.info("INSTANCE_TERMINATED", { runnerId, resourceId, outcome, keptUntil, reason });
  return result;
};

export const handler = sendingMetrics(collectorLater(env.path), handle);
