import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { dynamoDbClient, lambdaClient } from "../adapters/clients";
import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { lambdaFunctions } from "../adapters/lambda/functions";
import { lambdaProvider } from "../adapters/lambda/provider";
import { parseRunnerOrder } from "../start/runner-order-input";
import type { StartOutcome } from "../start/start-outcome";
import { startRunner } from "../start/start-runner";
import { limitsOf, outcomeFields, START_VARIABLES } from "./start-wiring";
import { configurationOf, gitLabOf, ledgerOf, machine, timeout } from "./wiring";

const env = readEnv(process.env, START_VARIABLES);
const settings = configurationOf(env, true);
const dynamoDb = dynamoDbClient();
const lambda = lambdaClient();
const parts = {
  ...machine,
  settings,
  limits: limitsOf(env.maxRunners),
  ledger: ledgerOf(env.ledgerTable, env.bootstrapTable, dynamoDb),
  rows: dynamoBootstrapRows(dynamoDb, env.bootstrapTable, timeout),
  provider: lambdaProvider(lambda, lambdaFunctions(lambda, env.deploymentId, machine.clock)),
};

/** Task "Start Lambda runner". Input: the order that "Look up runner" made. */
export const handler = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "LAMBDA");
  const outcome = await startRunner({ ...parts, gitLab: await gitLabOf(settings) }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, provider: "LAMBDA", ...outcomeFields(outcome) });
  return outcome;
};
