// First: a job must not be able to open this process's inspector.
import "../../Core/process/no-inspector";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { readEnv } from "../../Core/env";
import { ConfigurationError } from "../../Core/errors";
import { runTimeouts } from "../../Core/gitlab-runner/run-timeouts";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import { systemTable } from "../../Core/process/process-table";
import { isRunnerCheck, type RunnerCheckAnswer } from "../../Core/runner-check";
import { parseRunnerEvent, type RunnerEvent } from "./bootstrap/runner-event";
import { takeRow } from "./bootstrap/take-row";
import { checkRunner } from "./check/check-runner";
import { clearEnvironment } from "./environment/clear-environment";
import { Environment } from "./environment/environment";
import { isInLambda, LAMBDA_FOLDERS, openRoot } from "./environment/environment-root";
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

const take = (event: RunnerEvent) =>
  takeRow(dynamo, env.bootstrapTable, event, Math.floor(Date.now() / 1000));

const binary = process.env.GITLAB_RUNNER || "gitlab-runner";

/** An operator's question what this function is. It serves no job, so the environment stays as it is. */
const check = (requestId: string): Promise<RunnerCheckAnswer> =>
  checkRunner({
    binary,
    variables: process.env,
    askTable: () => take({ bootstrapKey: `check ${requestId}`, runnerId: 1 }),
  });

/**
 * The Lambda runner: gitlab-runner's shell executor for one job. AutoScaler invokes it, asynchronously; operators ask it
 * what it is.
 */
export const handler = async (input: unknown, context: Context): Promise<ServeResult | RunnerCheckAnswer> => {
  if (isRunnerCheck(input)) return check(context.awsRequestId);
  const dependencies = {
    takeRow: take,
    environment,
    table: systemTable(),
    binary,
    variables: process.env,
    requestId: context.awsRequestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME || "local",
    timeouts: (row: BootstrapRow) => runTimeouts(row, context.getRemainingTimeInMillis()),
  };
  return serve(dependencies, parseRunnerEvent(input), current);
};
