import { InvokeCommand, LambdaClient, ListTagsCommand } from "@aws-sdk/client-lambda";
import type { LambdaApi } from "./lambda-client";

const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 4_000, throwOnRequestTimeout: true };

/**
 * What `lambda-client.ts` loads; no function imports it otherwise. One attempt: a refusal then proves that nothing was
 * started (see lambda-provider.ts).
 */
export const lambdaSdk = (): LambdaApi => {
  const client = new LambdaClient({ maxAttempts: 1, requestHandler: TIMEOUTS });
  return {
    invoke: (input) => client.send(new InvokeCommand(input)),
    listTags: (input) => client.send(new ListTagsCommand(input)),
  };
};
