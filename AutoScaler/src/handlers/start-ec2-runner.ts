import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { instancePricePerHour } from "../../../Core/prices";
import { dynamoDbClient } from "../adapters/clients";
import { dynamoBootstrapRows } from "../adapters/dynamo-bootstrap-rows";
import { ec2Client } from "../adapters/ec2-client";
import { ec2Provider } from "../adapters/ec2-provider";
import { parseRunnerOrder } from "../domain/runner-order-input";
import type { StartOutcome } from "../domain/start-outcome";
import { startRunner } from "../domain/start-runner";
import { capsOf, EC2_VARIABLES, fleetSettings, outcomeFields, START_VARIABLES } from "./start-wiring";
import { configurationOf, gitLabOf, ledgerOf, machine, patience } from "./wiring";

const env = readEnv(process.env, { ...START_VARIABLES, ...EC2_VARIABLES });
const settings = configurationOf(env, true);
const dynamoDb = dynamoDbClient();
const parts = {
  ...machine,
  settings,
  caps: capsOf(env.maxRunners),
  ledger: ledgerOf(env.ledgerTable, env.bootstrapTable, dynamoDb),
  rows: dynamoBootstrapRows(dynamoDb, env.bootstrapTable, patience),
  provider: ec2Provider(ec2Client(1), fleetSettings(env), {
    pricePerHour: (type, boughtAs) => instancePricePerHour(type, boughtAs, process.env.AWS_REGION ?? ""),
  }),
};

/** Task "Start EC2 runner". Input: the order that "Look up runner" made. */
export const handler = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "EC2");
  const outcome = await startRunner({ ...parts, gitLab: await gitLabOf(settings) }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, carrier: "EC2", ...outcomeFields(outcome) });
  return outcome;
};
