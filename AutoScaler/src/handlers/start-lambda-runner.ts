import { readEnv } from "../../../Core/env";
import { lambdaClient } from "../adapters/lambda/client";
import { lambdaFunctions } from "../adapters/lambda/functions";
import { lambdaProvider } from "../adapters/lambda/provider";
import { machine } from "./machine";
import { START_VARIABLES, startFunction } from "./start-function";

const env = readEnv(process.env, START_VARIABLES);
const lambda = lambdaClient();
const functions = lambdaFunctions(lambda, env.deploymentId, machine.clock);

/** Task "Start Lambda runner". Input: the order from "Look up runner". */
export const handler = startFunction("LAMBDA", env, {
  provider: () => lambdaProvider(lambda, functions),
  // Reads the function's tags. The launch uses them, or throws the error.
  load: ({ functionArn }) => {
    if (functionArn !== undefined) void functions.isTenantIsolated(functionArn).catch(() => undefined);
  },
});
