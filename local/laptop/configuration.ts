import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { PARAMETERS } from "../../Core/configuration";
import { clientSettings } from "./client-settings";

/** The default of the templates. */
export const CONFIGURATION_PATH = "/gitlabrunner";

/** What an operator stores in Parameter Store before the first webhook. */
export interface GitLabConfiguration {
  readonly url: string;
  readonly accessToken: string;
  readonly webhookSecret: string;
}

/** Stores the configuration; secrets as SecureString, as the product expects. */
export const writeConfiguration = async (
  env: Readonly<Record<string, string>>,
  { url, accessToken, webhookSecret }: GitLabConfiguration,
  path: string = CONFIGURATION_PATH,
): Promise<void> => {
  const client = new SSMClient(clientSettings(env));
  const put = (name: string, Value: string, Type: "String" | "SecureString") =>
    client.send(new PutParameterCommand({ Name: `${path}/${name}`, Value, Type, Overwrite: true }));
  await Promise.all([
    put(PARAMETERS.url, url, "String"),
    put(PARAMETERS.accessToken, accessToken, "SecureString"),
    put(PARAMETERS.webhookSecret, webhookSecret, "SecureString"),
  ]);
  client.destroy();
};
