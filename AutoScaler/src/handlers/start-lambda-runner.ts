import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { lambdaClient } from "../adapters/lambda/client";
import { lambdaFunctions } from "../adapters/lambda/functions";
import { lambdaProvider } from "../adapters/lambda/provider";
import type { StartOutcome } from "../queue/start-outcome";
import { parseRunnerOrder } from "../start/runner-order-input";
import { startRunner } from "../start/start-runner";
import { ledgerOf } from "./ledger-wiring";
import { sendingMetrics } from "./sending-metrics";
import {
  cacheOf,
  NO_IMAGES,
  outcomeFields,
  prices,
  protectedRefs,
  START_VARIABLES,
  spotPools,
} from "./start-wiring";
import { configurationOf, gitLabOf, machine, timeout } from "./wiring";

const env = readEnv(process.env, START_VARIABLES);
const settings = configurationOf(env, { readsStarts: true });
const dynamoDb = dynamoDbClient();
const lambda = lambdaClient();
const cache = cacheOf(env, process.env.AWS_REGION);
const functions = lambdaFunctions(lambda, env.deploymentId, machine.clock);
const parts = {
  ...machine,
  settings,
  protectedRefs,
  spotPools,
  cacheAccess: cache.cacheAccess,
  ledger: ledgerOf(env.ledgerTable, env.bootstrapTable, dynamoDb),
  microVmImages: NO_IMAGES,
  rows: dynamoBootstrapRows(dynamoDb, env.bootstrapTable, timeout),
  prices,
  provider: lambdaProvider(lambda, functions),
};

/** Reads the function's tags while GitLab creates the runner. The launch uses them, or throws the error. */
const readTags = ({ functionArn }: RunnerOrder): void => {
  if (functionArn !== undefined) void functions.isTenantIsolated(functionArn).catch(() => undefined);
};

/** Task "Start Lambda runner". Input: the order from "Look up runner". */
const handle = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "LAMBDA");
  const gitLab = await gitLabOf(settings, () => {
    readTags(order);
    cache.load();
    prices.load();
  });
  const outcome = await startRunner({ ...parts, gitLab }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, provider: "LAMBDA", ...outcomeFields(outcome) });
  return outcome;
};

export const handler = sendingMetrics(settings.collector, handle);
