import type { Context } from "aws-lambda";
import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseFunctionArn } from "../../../Core/routing/function-arn";
import { parseRoutingSettings } from "../../../Core/routing/routing-settings";
import { ec2Client } from "../adapters/ec2/client";
import { eventBusLater } from "../adapters/eventbridge/event-bus-later";
import { lambdaAccount } from "../adapters/lambda/account";
import { lambdaClient } from "../adapters/lambda/client";
import { loadLater } from "../adapters/load-later";
import { publishedImages } from "../adapters/ssm/microvm-images";
import { reconcile } from "../reconcile/reconcile";
import type { PassReport } from "../reconcile/report";
import { machine, timeout } from "./machine";
import { machinesOf } from "./machines-wiring";
import { saidBus } from "./said-bus";
import { sendingMetrics } from "./sending-metrics";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, ssm, withTables } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  ledgerTable: "LEDGER_TABLE",
  mappingTable: "MAPPING_TABLE",
});
const settings = configurationOf(env, { readsStarts: true, readsRunner: true });
const tables = loadLater("The tables", async () =>
  (await import("./ledger-and-mappings")).ledgerAndMappings(env.ledgerTable, env.mappingTable),
);
const ec2 = ec2Client(3);
const bus = saidBus(eventBusLater(env.busName));
const loadAtAnswer = (): void => {
  ec2.load();
  bus.load();
};
const parts = {
  ...machine,
  settings,
  ...machinesOf(publishedImages(ssm, env.path, timeout).all, ec2),
  account: lambdaAccount(lambdaClient()),
  bus,
};

/** Target of the schedule, every minute. */
const handle = async (_event: unknown, context?: Context): Promise<PassReport> => {
  const outer = await withTables(gitLabOf(settings, loadAtAnswer), tables);
  const home = parseFunctionArn(context?.invokedFunctionArn);
  const routing = parseRoutingSettings(process.env, home, await settings.publishedRunnerArn());
  const report = await reconcile({ ...parts, ...outer }, routing);
  const { kind: outcome, ...fields } = report;
  log.info("RECONCILER_DONE", { outcome, ...fields });
  return report;
};

export const handler = sendingMetrics(settings.collector, handle);
