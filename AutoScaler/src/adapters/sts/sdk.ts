import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { StsApi } from "./client";

/** One attempt within a second: a start waits for it at most so long, and a job can do without. */
const TIMES = { connectionTimeout: 700, requestTimeout: 900, throwOnRequestTimeout: true };
const ALTOGETHER_MILLISECONDS = 1_000;

/** Imported by `client.ts` alone. */
export const stsSdk = (): StsApi => {
  const client = new STSClient({ maxAttempts: 1, requestHandler: TIMES });
  return {
    assumeRole: (input) =>
      client.send(new AssumeRoleCommand(input), {
        abortSignal: AbortSignal.timeout(ALTOGETHER_MILLISECONDS),
      }),
  };
};
