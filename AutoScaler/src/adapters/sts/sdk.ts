import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { CLIENT_SETTINGS } from "../client-settings";
import type { StsApi } from "./client";

/** One attempt within a second: a start waits for it at most so long, and a job can do without. */
const requestHandler = { ...CLIENT_SETTINGS.requestHandler, connectionTimeout: 700, requestTimeout: 900 };
const ALTOGETHER_MILLISECONDS = 1_000;

/** Imported by `client.ts` alone. */
export const stsSdk = (): StsApi => {
  const client = new STSClient({ maxAttempts: 1, requestHandler });
  return {
    assumeRole: (input) =>
      client.send(new AssumeRoleCommand(input), {
        abortSignal: AbortSignal.timeout(ALTOGETHER_MILLISECONDS),
      }),
  };
};
