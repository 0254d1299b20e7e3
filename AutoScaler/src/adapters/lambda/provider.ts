import { defined } from "../../../../Core/defined";
import { ConfigurationError } from "../../../../Core/errors";
import { log } from "../../../../Core/log";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { Launch, RunnerFunctions, RunnerProvider } from "../../ports";
import { errorName } from "../aws-errors";
import type { LambdaApi } from "./client";
import { refusalOf } from "./refusal";

/** Adds where the function is named, so that an operator knows what to correct. */
const namingRow = (launch: Launch, { functionNamedBy }: StartedRunner["order"]): Launch =>
  launch.kind === "refused" && launch.refusal === "configuration" && functionNamedBy !== undefined
    ? { ...launch, message: `${launch.message}. It is named by ${functionNamedBy}` }
    : launch;

/** A tenant of its own for each runner, so that no environment serves two jobs (I-29). */
const tenantId = ({ launchedFor }: StartedRunner): string =>
  `job-${launchedFor.jobId}-${launchedFor.attempt}`;

/**
 * Starts runners by asynchronous invocation. The event contains the bootstrap row's key and the runner's id,
 * no token. A launch whose answer was lost is repeated: the second delivery finds no row (F-41).
 */
export const lambdaProvider = (
  client: Pick<LambdaApi, "invoke" | "getFunctionConfiguration">,
  functions: RunnerFunctions,
): RunnerProvider => {
  const invoke = async (runner: StartedRunner, functionArn: string): Promise<Launch> => {
    const isIsolated = await functions.isTenantIsolated(functionArn);
    const input = {
      FunctionName: functionArn,
      InvocationType: "Event" as const,
      Payload: new TextEncoder().encode(
        JSON.stringify({ bootstrapKey: runner.nonce, runnerId: runner.runnerId }),
      ),
      ...defined({ TenantId: isIsolated ? tenantId(runner) : undefined }),
    };
    let requestId: string | undefined;
    try {
      ({ requestId } = (await client.invoke(input)).$metadata);
    } catch (error) {
      return refusalOf(client, functionArn, error, runner.jobId);
    }
    log.info("RUNNER_INVOKED", { jobId: runner.jobId, runnerId: runner.runnerId, requestId });
    // The request id, which is in Lambda's report of the invocation's end. A repeat after a lost answer
    // stores the later id; the other invocation's end is then found by the time limits alone.
    return { kind: "launched", resourceId: requestId ?? `lambda:${runner.runnerId}` };
  };

  const invokeOrRefuse = async (runner: StartedRunner, functionArn: string): Promise<Launch> => {
    try {
      return await invoke(runner, functionArn);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const isMissing = errorName(error.cause) === "ResourceNotFoundException";
      const reason = isMissing ? "function-missing" : "launch-refused";
      return { kind: "refused", refusal: "configuration", reason, message: error.message };
    }
  };

  return {
    launch: async (runner) => {
      const { functionArn } = runner.order;
      if (functionArn === undefined) {
        return { kind: "refused", refusal: "configuration", message: "The mapping names no function" };
      }
      const launch = await invokeOrRefuse(runner, functionArn);
      return namingRow(launch, runner.order);
    },
    find: async () => undefined,
  };
};
