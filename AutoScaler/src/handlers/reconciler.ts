import type { Context } from "aws-lambda";
import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseFunctionArn } from "../../../Core/routing/function-arn";
import { parseRoutingSettings } from "../../../Core/routing/routing-settings";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoMappings } from "../adapters/dynamodb/mappings";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Instances } from "../adapters/ec2/instances";
import { eventBusLater } from "../adapters/eventbridge/event-bus-later";
import { reconcile } from "../reconcile/reconcile";
import type { PassReport } from "../reconcile/report";
import { ledgerOf } from "./ledger-wiring";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, machine } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  ledgerTable: "LEDGER_TABLE",
  mappingTable: "MAPPING_TABLE",
  busName: "EVENT_BUS_NAME",
});
const settings = configurationOf(env, true);
const dynamoDb = dynamoDbClient();
const ec2 = ec2Client(3);
const bus = eventBusLater(env.busName);
const loadLater = (): void => {
  ec2.load();
  bus.load();
};
const parts = {
  ...machine,
  settings,
  ledger: ledgerOf(env.ledgerTable, undefined, dynamoDb),
  mappings: dynamoMappings(dynamoDb, env.mappingTable),
  instances: ec2Instances(ec2, machine),
  bus,
};

/** Target of the schedule, every minute. */
export const handler = async (_event: unknown, context?: Context): Promise<PassReport> => {
  const routing = parseRoutingSettings(process.env, parseFunctionArn(context?.invokedFunctionArn));
  const report = await reconcile({ ...parts, gitLab: await gitLabOf(settings, loadLater) }, routing);
  const { kind: outcome, ...fields } = report;
  log.info("RECONCILER_DONE", { outcome, ...fields });
  return report;
};
