import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { parseEndOrder } from "../stop/end-input";
import type { EndResult } from "../stop/end-order";
import { unregisterRunner } from "../stop/unregister-runner";
import { ledgerOf } from "./ledger-wiring";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, machine, timeout } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  ledgerTable: "LEDGER_TABLE",
  bootstrapTable: "BOOTSTRAP_TABLE",
});
const configuration = configurationOf(env);
const dynamoDb = dynamoDbClient();
const parts = {
  ...machine,
  ledger: ledgerOf(env.ledgerTable, undefined, dynamoDb),
  rows: dynamoBootstrapRows(dynamoDb, env.bootstrapTable, timeout),
};

/** Task "Unregister runner". Input: one order of "Find runner". */
export const handler = async (input: unknown): Promise<EndResult> => {
  const order = parseEndOrder(input);
  const result = await unregisterRunner({ ...parts, gitLab: await gitLabOf(configuration) }, order);
  const { runnerId, reason, kind: outcome } = result;
  log.info("RUNNER_UNREGISTERED", { jobId: order.endedJob?.id, runnerId, outcome, reason });
  return result;
};
