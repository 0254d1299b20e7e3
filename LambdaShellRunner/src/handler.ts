import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { readEnv } from "../../Core/env";
import { ConfigurationError } from "../../Core/errors";
import { systemTable } from "../../Core/process/process-table";
import { Environment } from "./environment";
import { isInLambda, openRoot } from "./environment-root";
import { runLimits } from "./limits";
import { parseRunnerEvent } from "./runner-event";
import { type Current, type ServeResult, serve } from "./serve";
import { endEarly } from "./shutdown";
import { takeRow } from "./take-row";

const env = readEnv(process.env, { bootstrapTable: "BOOTSTRAP_TABLE", tenantIsolation: "TENANT_ISOLATION" });
if (!["on", "off"].includes(env.tenantIsolation)) {
  throw new ConfigurationError("TENANT_ISOLATION must be on or off: deploy the stack again");
}
const dynamo = new DynamoDBClient({ maxAttempts: 3 });
const current: Current = {};
const environment = new Environment(
  env.tenantIsolation === "on",
  () => openRoot(process.env, isInLambda(process.env)),
  () => process.exit(1),
);
process.once("SIGTERM", () => endEarly(current).then(() => process.exit(0)));

/** The Lambda runner: gitlab-runner's shell executor for one job. AutoScaler alone invokes it, asynchronously. */
export const handler = async (input: unknown, context: Context): Promise<ServeResult> =>
  serve(
    {
      take: (event) => takeRow(dynamo, env.bootstrapTable, event, Math.floor(Date.now() / 1000)),
      environment,
      table: systemTable(),
      binary: process.env.GITLAB_RUNNER || "gitlab-runner",
      variables: process.env,
      limits: (row) => runLimits(row, context.getRemainingTimeInMillis()),
    },
    parseRunnerEvent(input),
    current,
  );
