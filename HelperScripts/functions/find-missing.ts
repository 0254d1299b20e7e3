import { GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { isNamed } from "../failures";

/** Functions at a time. */
const CONCURRENCY = 4;

export interface FunctionsLookedAt {
  readonly missing: ReadonlySet<string>;
  /** ARN → the name of the error: nothing is known of these. */
  readonly unknown: ReadonlyMap<string, string>;
}

/** Asks Lambda for each function once. */
export const lookAtFunctions = async (
  client: Pick<LambdaClient, "send">,
  arns: readonly string[],
): Promise<FunctionsLookedAt> => {
  const waiting = [...new Set(arns)];
  const missing = new Set<string>();
  const unknown = new Map<string, string>();
  const look = async (arn: string): Promise<void> => {
    try {
      await client.send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
    } catch (error) {
      if (isNamed(error, "ResourceNotFoundException")) missing.add(arn);
      else unknown.set(arn, error instanceof Error ? error.name : "unknown error");
    }
  };
  const worker = async (): Promise<void> => {
    for (let arn = waiting.shift(); arn !== undefined; arn = waiting.shift()) await look(arn);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return { missing, unknown };
};
