import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { instancePricePerHour } from "../../../Core/pricing/prices";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Provider } from "../adapters/ec2/provider";
import { loadLater } from "../adapters/load-later";
import type { StartOutcome } from "../queue/start-outcome";
import { parseRunnerOrder } from "../start/runner-order-input";
import { startRunner } from "../start/start-runner";
import { EC2_VARIABLES, fleetSettings, outcomeFields, protectedRefs, START_VARIABLES } from "./start-wiring";
import { configurationOf, gitLabOf, machine, withTables } from "./wiring";

const env = readEnv(process.env, { ...START_VARIABLES, ...EC2_VARIABLES });
const settings = configurationOf(env, true);
const tables = loadLater("The tables", async () =>
  (await import("./ledger-and-rows")).ledgerAndRows({ ...env, createsRunners: true }),
);
const ec2 = ec2Client(1);
const parts = {
  ...machine,
  settings,
  protectedRefs,
  provider: ec2Provider(ec2, fleetSettings(env), {
    pricePerHour: (type, boughtAs) => instancePricePerHour(type, boughtAs, process.env.AWS_REGION ?? ""),
  }),
};

/** Task "Start EC2 runner". Input: the order from "Look up runner". */
export const handler = async (input: unknown): Promise<StartOutcome> => {
  const order = parseRunnerOrder(input, "EC2");
  const outer = await withTables(gitLabOf(settings, ec2.load), tables);
  const outcome = await startRunner({ ...parts, ...outer }, order);
  log.info("RUNNER_STARTED", { jobId: order.jobId, provider: "EC2", ...outcomeFields(outcome) });
  return outcome;
};
