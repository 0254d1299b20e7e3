import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Provider } from "../adapters/ec2/provider";
import type { StartOutcome } from "../queue/start-outcome";
import { parseRunnerOrder } from "../start/runner-order-input";
import { startRunner } from "../start/start-runner";
import { ledgerOf } from "./ledger-wiring";
import { sendingMetrics } from "./sending-metrics";
import {
  cacheOf,
  EC2_VARIABLES,
  fleetSettings,
  NO_IMAGES,
  outcomeFields,
  prices,
  protectedRefs,
  START_VARIABLES,
  spotPools,
} from "./start-wiring";
import { configurationOf, gitLabOf, machine, timeout } from "./wiring";

const env = readEnv(process.env, { ...START_VARIABLES, ...EC2_VARIABLES });
const settings = configurationOf(env, { readsStarts: true });
const dynamoDb = dynamoDbClient();
const ec2 = ec2Client(1);
const cache = cacheOf(env, process.env.AWS_REGION);
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
  provider: ec2Provider(ec2, fleetSettings(env)),
};

/** Task "Start EC2 runner". Input: the order from "Look up runner". */
const handle = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "EC2");
  const gitLab = await gitLabOf(settings, () => {
    cache.load();
    prices.load();
    ec2.load();
  });
  const outcome = await startRunner({ ...parts, gitLab }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, provider: "EC2", ...outcomeFields(outcome) });
  return outcome;
};

export const handler = sendingMetrics(settings.collector, handle);
