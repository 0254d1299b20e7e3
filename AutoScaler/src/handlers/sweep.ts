import type { Context } from "aws-lambda";
import { readEnv } from "../../../Core/env";
import { parseFunctionArn } from "../../../Core/function-arn";
import { log } from "../../../Core/log";
import { parseRoutingSettings } from "../../../Core/routing-settings";
import { dynamoDbClient } from "../adapters/dynamo-client";
import { dynamoMappings } from "../adapters/dynamo-mappings";
import { ec2Client } from "../adapters/ec2-client";
import { ec2Instances } from "../adapters/ec2-instances";
import { eventBusLater } from "../adapters/event-bus-later";
import type { SweepReport } from "../domain/sweep/report";
import { sweep } from "../domain/sweep/sweep";
import { ledgerOf } from "./ledger-wiring";
import { capsOf } from "./start-wiring";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, machine } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  ledgerTable: "LEDGER_TABLE",
  mappingTable: "MAPPING_TABLE",
  busName: "EVENT_BUS_NAME",
  maxRunners: "MAX_RUNNERS",
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
  caps: capsOf(env.maxRunners),
  ledger: ledgerOf(env.ledgerTable, undefined, dynamoDb),
  mappings: dynamoMappings(dynamoDb, env.mappingTable),
  instances: ec2Instances(ec2, machine),
  bus,
};

/** Target of the schedule, every minute. */
export const handler = async (_event: unknown, context?: Context): Promise<SweepReport> => {
  const routing = parseRoutingSettings(process.env, parseFunctionArn(context?.invokedFunctionArn));
  const report = await sweep({ ...parts, gitLab: await gitLabOf(settings, loadLater) }, routing);
  const { kind: outcome, ...fields } = report;
  log.info("SWEEP_DONE", { outcome, ...fields });
  return report;
};
