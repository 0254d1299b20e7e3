import { ConfigurationError, TransientError } from "../../../../Core/errors";
import { log } from "../../../../Core/log";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { Launch, LaunchRefusal, RunnerFunctions, RunnerProvider } from "../../ports";
import { errorName } from "../aws-errors";
import type { LambdaApi } from "./client";

/** Lambda's refusals. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
const REFUSALS: Readonly<Record<string, LaunchRefusal>> = {
  TooManyRequestsException: "rate",
  // Lambda prepares a long unused image again after the first call, and refuses that call.
  ResourceNotReadyException: "capacity",
  ResourceConflictException: "capacity",
  AccessDeniedException: "configuration",
  InvalidParameterValueException: "configuration",
  InvalidRequestContentException: "configuration",
  KMSAccessDeniedException: "configuration",
  ResourceNotFoundException: "configuration",
};

/** After a retry by the SDK, a refusal proves nothing about the try before it. */
const isFirstTry = (error: unknown): boolean => {
  const metadata = (error as { readonly $metadata?: { readonly attempts?: number } }).$metadata;
  return (metadata?.attempts ?? 1) === 1;
};

const refused = (error: unknown, functionArn: string): Launch => {
  const refusal = REFUSALS[errorName(error)];
  if (refusal === undefined || !isFirstTry(error)) {
    throw new TransientError(`Invoke of ${functionArn} failed (${errorName(error)}): it may have started`, {
      cause: error,
    });
  }
  const message =
    errorName(error) === "ResourceNotFoundException"
      ? `There is no function ${functionArn} (ResourceNotFoundException)`
      : `Lambda refused ${functionArn}: ${errorName(error)}`;
  return { kind: "refused", refusal, message };
};

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
  client: Pick<LambdaApi, "invoke">,
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
      ...(isIsolated ? { TenantId: tenantId(runner) } : {}),
    };
    let requestId: string | undefined;
    try {
      ({ requestId } = (await client.invoke(input)).$metadata);
    } catch (error) {
      return refused(error, functionArn);
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
      return { kind: "refused", refusal: "configuration", message: error.message };
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
