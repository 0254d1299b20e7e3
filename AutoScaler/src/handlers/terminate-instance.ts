import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Instances } from "../adapters/ec2/instances";
import { parseEndResult } from "../stop/end-input";
import type { EndResult } from "../stop/end-order";
import { terminateInstance } from "../stop/terminate-instance";
import { collectorLater } from "./collector-later";
import { ledgerOf } from "./ledger-wiring";
import { sendingMetrics } from "./sending-metrics";
import { machine } from "./wiring";

const env = readEnv(process.env, {
  path: "CONFIGURATION_PATH",
  ledgerTable: "LEDGER_TABLE",
  deploymentId: "DEPLOYMENT_ID",
});
const parts = { ...machine, ledger: ledgerOf(env.ledgerTable), instances: ec2Instances(ec2Client(3), env) };

/** Task "Terminate instance". Input: what "Unregister runner" returned. */
const handle = async (input: unknown): Promise<EndResult> => {
  const result = await terminateInstance(parts, parseEndResult(input));
  const { runnerId, resourceId, kind: outcome, reason } = result;
  log.info("INSTANCE_TERMINATED", { runnerId, resourceId, outcome, reason });
  return result;
};

export const handler = sendingMetrics(collectorLater(env.path), handle);
