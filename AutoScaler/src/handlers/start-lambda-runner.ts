import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { lambdaClient } from "../adapters/lambda/client";
import { lambdaFunctions } from "../adapters/lambda/functions";
import { lambdaProvider } from "../adapters/lambda/provider";
import { loadLater } from "../adapters/load-later";
import type { StartOutcome } from "../queue/start-outcome";
import { parseRunnerOrder } from "../start/runner-order-input";
import { startRunner } from "../start/start-runner";
import { outcomeFields, protectedRefs, START_VARIABLES } from "./start-wiring";
import { configurationOf, gitLabOf, machine, withTables } from "./wiring";

const env = readEnv(process.env, START_VARIABLES);
const settings = configurationOf(env, true);
const tables = loadLater("The tables", async () =>
  (await import("./ledger-and-rows")).ledgerAndRows({ ...env, createsRunners: true }),
);
const lambda = lambdaClient();
const functions = lambdaFunctions(lambda, env.deploymentId, machine.clock);
const parts = {
  ...machine,
  settings,
  protectedRefs,
  provider: lambdaProvider(lambda, functions),
};

/** Reads the function's tags while GitLab creates the runner. The launch uses them, or throws the error. */
const readTags = ({ functionArn }: RunnerOrder): void => {
  if (functionArn !== undefined) void functions.isTenantIsolated(functionArn).catch(() => undefined);
};

/** Task "Start Lambda runner". Input: the order from "Look up runner". */
export const handler = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "LAMBDA");
  const outer = await withTables(
    gitLabOf(settings, () => readTags(order)),
    tables,
  );
  const outcome = await startRunner({ ...parts, ...outer }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, provider: "LAMBDA", ...outcomeFields(outcome) });
  return outcome;
};
