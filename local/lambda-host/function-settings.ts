import { GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { defined } from "../../Core/defined";
import type { FunctionSettings } from "./call";

const FRESH_MS = 5_000;

const fetchSettings = async (client: LambdaClient, functionName: string): Promise<FunctionSettings> => {
  const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  const { MINISTACK_LAMBDA_PROXY_URL: _, ...variables } = found.Environment?.Variables ?? {};
  return {
    functionName,
    roleArn: found.Role ?? "",
    handler: found.Handler ?? "",
    isImage: found.PackageType === "Image",
    isolatesTenants: variables.TENANT_ISOLATION === "on",
    timeoutSeconds: found.Timeout ?? 3,
    memoryMiB: found.MemorySize ?? 128,
    ...defined({ logGroup: found.LoggingConfig?.LogGroup }),
    logsJson: found.LoggingConfig?.LogFormat === "JSON",
    variables,
  };
};

/** Reads the deployed configuration of functions. It is cached for five seconds, so that a new deployment takes effect. */
export const functionSettings = (client: LambdaClient): ((name: string) => Promise<FunctionSettings>) => {
  const known = new Map<string, { readonly at: number; readonly settings: Promise<FunctionSettings> }>();
  return (name) => {
    const entry = known.get(name);
    if (entry && Date.now() - entry.at < FRESH_MS) return entry.settings;
    const settings = fetchSettings(client, name);
    settings.catch(() => known.delete(name));
    known.set(name, { at: Date.now(), settings });
    return settings;
  };
};
