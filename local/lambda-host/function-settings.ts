import { GetFunctionCommand, type GetFunctionCommandOutput, type LambdaClient } from "@aws-sdk/client-lambda";
import { defined } from "../../Core/defined";
import type { FunctionCode, FunctionSettings } from "./call";

const FRESH_MS = 5_000;

/** CloudFormation marks with it what it makes. */
const LOGICAL_ID = "aws:cloudformation:logical-id";

const codeOf = ({ Code, Configuration }: GetFunctionCommandOutput): FunctionCode =>
  Configuration?.PackageType === "Image"
    ? { kind: "image", uri: Code?.ImageUri ?? "" }
    : { kind: "zip", sha256: Configuration?.CodeSha256 ?? "", location: Code?.Location ?? "" };

const fetchSettings = async (client: LambdaClient, functionName: string): Promise<FunctionSettings> => {
  const deployed = await client.send(new GetFunctionCommand({ FunctionName: functionName }));
  const found = deployed.Configuration ?? {};
  const { MINISTACK_LAMBDA_PROXY_URL: _, ...variables } = found.Environment?.Variables ?? {};
  return {
    functionName,
    functionId: deployed.Tags?.[LOGICAL_ID] ?? functionName,
    code: codeOf(deployed),
    roleArn: found.Role ?? "",
    handler: found.Handler ?? "",
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
