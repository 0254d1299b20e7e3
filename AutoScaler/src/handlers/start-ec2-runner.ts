import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { instancePricePerHour } from "../../../Core/pricing/prices";
import { dynamoDbClient } from "../adapters/clients";
import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Provider } from "../adapters/ec2/provider";
import { parseRunnerOrder } from "../start/runner-order-input";
import type { StartOutcome } from "../start/start-outcome";
import { startRunner } from "../start/start-runner";
import { EC2_VARIABLES, fleetSettings, limitsOf, outcomeFields, START_VARIABLES } from "./start-wiring";
import { configurationOf, gitLabOf, ledgerOf, machine, timeout } from "./wiring";

const env = readEnv(process.env, { ...START_VARIABLES, ...EC2_VARIABLES });
const settings = configurationOf(env, true);
const dynamoDb = dynamoDbClient();
const parts = {
  ...machine,
  settings,
  limits: limitsOf(env.maxRunners),
  ledger: ledgerOf(env.ledgerTable, env.bootstrapTable, dynamoDb),
  rows: dynamoBootstrapRows(dynamoDb, env.bootstrapTable, timeout),
  provider: ec2Provider(ec2Client(1), fleetSettings(env), {
    pricePerHour: (type, boughtAs) => instancePricePerHour(type, boughtAs, process.env.AWS_REGION ?? ""),
  }),
};

/** Task "Start EC2 runner". Input: the order that "Look up runner" made. */
export const handler = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "EC2");
  const outcome = await startRunner({ ...parts, gitLab: await gitLabOf(settings) }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, provider: "EC2", ...outcomeFields(outcome) });
  return outcome;
};
