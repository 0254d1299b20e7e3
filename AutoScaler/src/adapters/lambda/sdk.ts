import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListTagsCommand,
} from "@aws-sdk/client-lambda";
import { CLIENT_SETTINGS } from "../client-settings";
import type { LambdaApi } from "./client";

/**
 * Imported by `client.ts` alone. One attempt, so that a refusal proves that nothing was started (see
 * provider.ts).
 */
export const lambdaSdk = (): LambdaApi => {
  const client = new LambdaClient({ ...CLIENT_SETTINGS, maxAttempts: 1 });
  return {
    invoke: (input) => client.send(new InvokeCommand(input)),
    getAccountSettings: () => client.send(new GetAccountSettingsCommand({})),
    listTags: (input) => client.send(new ListTagsCommand(input)),
    getFunctionConfiguration: (input) => client.send(new GetFunctionConfigurationCommand(input)),
  };
};
