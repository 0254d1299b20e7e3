import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { dynamoDbClient, lambdaClient } from "../adapters/clients";
import { dynamoBootstrapRows } from "../adapters/dynamo-bootstrap-rows";
import { lambdaFunctions } from "../adapters/lambda-functions";
import { lambdaProvider } from "../adapters/lambda-provider";
import { parseRunnerOrder } from "../domain/runner-order-input";
import type { StartOutcome } from "../domain/start-outcome";
import { startRunner } from "../domain/start-runner";
import { capsOf, outcomeFields, START_VARIABLES } from "./start-wiring";
import { configurationOf, gitLabOf, ledgerOf, machine, patience } from "./wiring";

const env = readEnv(process.env, START_VARIABLES);
const settings = configurationOf(env, true);
const dynamoDb = dynamoDbClient();
const lambda = lambdaClient();
const parts = {
  ...machine,
  settings,
  caps: capsOf(env.maxRunners),
  ledger: ledgerOf(env.ledgerTable, env.bootstrapTable, dynamoDb),
  rows: dynamoBootstrapRows(dynamoDb, env.bootstrapTable, patience),
  provider: lambdaProvider(lambda, lambdaFunctions(lambda, env.deploymentId, machine.clock)),
};

/** Task "Start Lambda runner". Input: the order that "Look up runner" made. */
export const handler = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "LAMBDA");
  const outcome = await startRunner({ ...parts, gitLab: await gitLabOf(settings) }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, carrier: "LAMBDA", ...outcomeFields(outcome) });
  return outcome;
};
