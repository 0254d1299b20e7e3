import type { Context } from "aws-lambda";
import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseFunctionArn } from "../../../Core/routing/function-arn";
import { parseRoutingSettings } from "../../../Core/routing/routing-settings";
import { dynamoDbClient, eventBridgeClient } from "../adapters/clients";
import { dynamoMappings } from "../adapters/dynamodb/mappings";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Instances } from "../adapters/ec2/instances";
import { eventBridgeBus } from "../adapters/eventbridge/event-bus";
import { reconcile } from "../reconcile/reconcile";
import type { PassReport } from "../reconcile/report";
import { limitsOf } from "./start-wiring";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, ledgerOf, machine } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  ledgerTable: "LEDGER_TABLE",
  mappingTable: "MAPPING_TABLE",
  busName: "EVENT_BUS_NAME",
  maxRunners: "MAX_RUNNERS",
});
const settings = configurationOf(env, true);
const dynamoDb = dynamoDbClient();
const parts = {
  ...machine,
  settings,
  limits: limitsOf(env.maxRunners),
  ledger: ledgerOf(env.ledgerTable, undefined, dynamoDb),
  mappings: dynamoMappings(dynamoDb, env.mappingTable),
  instances: ec2Instances(ec2Client(3), machine),
  bus: eventBridgeBus(eventBridgeClient(), env.busName),
};

/** Target of the schedule, every minute. */
export const handler = async (_event: unknown, context?: Context): Promise<PassReport> => {
  const routing = parseRoutingSettings(process.env, parseFunctionArn(context?.invokedFunctionArn));
  const report = await reconcile({ ...parts, gitLab: await gitLabOf(settings) }, routing);
  const { kind: outcome, ...fields } = report;
  log.info("RECONCILER_DONE", { outcome, ...fields });
  return report;
};
