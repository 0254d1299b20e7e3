import type { LambdaAccount } from "../../ports";
import { callAws } from "../aws-errors";
import type { LambdaApi } from "./client";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export const lambdaAccount = (client: Pick<LambdaApi, "getAccountSettings">): LambdaAccount => ({
  concurrency: async () =>
    (await callAws("GetAccountSettings", () => client.getAccountSettings())).AccountLimit
      ?.ConcurrentExecutions,
});
