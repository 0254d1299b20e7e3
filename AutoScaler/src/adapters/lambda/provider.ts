import { ConfigurationError, TransientError } from "../../../../Core/errors";
import { log } from "../../../../Core/log";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { Launch, LaunchRefusal, RunnerFunctions, RunnerProvider } from "../../ports";
import { errorName } from "../aws-errors";
import type { LambdaApi } from "./client";

/** What Lambda's refusals mean. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
const REFUSALS: Readonly<Record<string, LaunchRefusal>> = {
  TooManyRequestsException: "rate",
  // An image that was long unused is made ready again by the first call, which itself is refused.
  ResourceNotReadyException: "capacity",
  ResourceConflictException: "capacity",
  AccessDeniedException: "configuration",
  InvalidParameterValueException: "configuration",
  InvalidRequestContentException: "configuration",
  KMSAccessDeniedException: "configuration",
  ResourceNotFoundException: "configuration",
};

/** A refusal after an SDK's own repeat proves nothing about the try before it. */
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

/** Who is to correct it has to know where the function is named. */
const namingRow = (launch: Launch, { functionNamedBy }: StartedRunner["order"]): Launch =>
  launch.kind === "refused" && launch.refusal === "configuration" && functionNamedBy !== undefined
    ? { ...launch, message: `${launch.message}. It is named by ${functionNamedBy}` }
    : launch;

/** Ours alone, so that no environment serves two jobs (I-29). */
const tenantId = ({ launchedFor }: StartedRunner): string =>
  `job-${launchedFor.jobId}-${launchedFor.attempt}`;

/**
 * Starts runners by asynchronous invocation. The event holds the bootstrap row's key and the runner's id, no
 * token. Nothing can be asked back, so a lost answer is launched anew: a second delivery finds no row (F-41).
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
    // The request's id, which Lambda's own report of the invocation's end names. A launch that is repeated because its
    // answer was lost stores the later one: the end of the other is then found by the limits alone.
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
