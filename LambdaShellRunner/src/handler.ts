// First: a job must not be able to open this process's inspector.
import "../../Core/process/no-inspector";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { readEnv } from "../../Core/env";
import { ConfigurationError } from "../../Core/errors";
import { systemTable } from "../../Core/process/process-table";
import { parseRunnerEvent } from "./bootstrap/runner-event";
import { takeRow } from "./bootstrap/take-row";
import { clearEnvironment } from "./environment/clear-environment";
import { Environment } from "./environment/environment";
import { isInLambda, LAMBDA_FOLDERS, openRoot } from "./environment/environment-root";
import { runTimeouts } from "./gitlab-runner/run-timeouts";
import { type ActiveRun, shutDown } from "./process/shutdown";
import { type ServeResult, serve } from "./serve";

const env = readEnv(process.env, { bootstrapTable: "BOOTSTRAP_TABLE", tenantIsolation: "TENANT_ISOLATION" });
if (!["on", "off"].includes(env.tenantIsolation)) {
  throw new ConfigurationError("TENANT_ISOLATION must be on or off: deploy the stack again");
}
/** Without time-outs of its own the SDK waits for minutes, and the runner's lifetime passes meanwhile. */
const dynamo = new DynamoDBClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});
const current: ActiveRun = {};
const isAlone = isInLambda(process.env);
const environment = new Environment(
  env.tenantIsolation === "on",
  () => openRoot(process.env, isAlone),
  () => process.exit(1),
  isAlone ? () => clearEnvironment(systemTable(), LAMBDA_FOLDERS) : undefined,
);
process.once("SIGTERM", () => shutDown(current).then(() => process.exit(0)));

/** The Lambda runner: gitlab-runner's shell executor for one job. AutoScaler alone invokes it, asynchronously. */
export const handler = async (input: unknown, context: Context): Promise<ServeResult> =>
  serve(
    {
      takeRow: (event) => takeRow(dynamo, env.bootstrapTable, event, Math.floor(Date.now() / 1000)),
      environment,
      table: systemTable(),
      binary: process.env.GITLAB_RUNNER || "gitlab-runner",
      variables: process.env,
      requestId: context.awsRequestId,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME || "local",
      timeouts: (row) => runTimeouts(row, context.getRemainingTimeInMillis()),
    },
    parseRunnerEvent(input),
    current,
  );
