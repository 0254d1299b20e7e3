import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { microVmClient } from "../adapters/microvm/client";
import { microVmProvider } from "../adapters/microvm/provider";
import { ssmClient } from "../adapters/ssm/client";
import { publishedImages } from "../adapters/ssm/microvm-images";
import type { StartOutcome } from "../queue/start-outcome";
import { parseRunnerOrder } from "../start/runner-order-input";
import { startRunner } from "../start/start-runner";
import { ledgerOf } from "./ledger-wiring";
import { sendingMetrics } from "./sending-metrics";
import { cacheOf, outcomeFields, prices, protectedRefs, START_VARIABLES, spotPools } from "./start-wiring";
import { configurationOf, gitLabOf, machine, timeout } from "./wiring";

const env = readEnv(process.env, START_VARIABLES);
const settings = configurationOf(env, { readsStarts: true });
const dynamoDb = dynamoDbClient();
const client = microVmClient(1);
const cache = cacheOf(env, process.env.AWS_REGION);
const rows = dynamoBootstrapRows(dynamoDb, env.bootstrapTable, timeout);
const parts = {
  ...machine,
  settings,
  protectedRefs,
  spotPools,
  cacheAccess: cache.cacheAccess,
  ledger: ledgerOf(env.ledgerTable, env.bootstrapTable, dynamoDb),
  rows,
  prices,
  microVmImages: publishedImages(ssmClient(), env.path, timeout),
  provider: microVmProvider({ ...machine, client, rows }),
};

/** Task "Start MicroVM runner". Input: the order from "Look up runner". */
const handle = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "MICROVM");
  const gitLab = await gitLabOf(settings, () => {
    cache.load();
    client.load();
    prices.load();
  });
  const outcome = await startRunner({ ...parts, gitLab }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, provider: "MICROVM", ...outcomeFields(outcome) });
  return outcome;
};

export const handler = sendingMetrics(settings.collector, handle);
