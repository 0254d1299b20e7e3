import type {
  GetAccountSettingsCommandOutput,
  GetFunctionConfigurationCommandInput,
  GetFunctionConfigurationCommandOutput,
  InvokeCommandInput,
  InvokeCommandOutput,
  ListTagsCommandInput,
  ListTagsCommandOutput,
} from "@aws-sdk/client-lambda";
import { loadLater } from "../load-later";

/** The part of Lambda's API that the product uses. Errors have Lambda's code as their name. */
export interface LambdaApi {
  invoke(input: InvokeCommandInput): Promise<InvokeCommandOutput>;
  listTags(input: ListTagsCommandInput): Promise<ListTagsCommandOutput>;
  getFunctionConfiguration(
    input: GetFunctionConfigurationCommandInput,
  ): Promise<GetFunctionConfigurationCommandOutput>;
  getAccountSettings(): Promise<GetAccountSettingsCommandOutput>;
}

/** Lambda's client, loaded with the first call. */
export const lambdaClient = (): LambdaApi => {
  const api = loadLater("The Lambda client", async () => (await import("./sdk")).lambdaSdk());
  return {
    invoke: async (input) => (await api.get()).invoke(input),
    listTags: async (input) => (await api.get()).listTags(input),
    getFunctionConfiguration: async (input) => (await api.get()).getFunctionConfiguration(input),
    getAccountSettings: async () => (await api.get()).getAccountSettings(),
  };
};
