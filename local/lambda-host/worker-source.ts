import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunFolder } from "../laptop/run-folder";
import type { FunctionSettings } from "./call";
import type { WorkerSource } from "./pool";

/** What the host adds to a function's variables. */
export interface WorkerEnvironment {
  readonly run: Pick<RunFolder, "env">;
  /** For runner functions alone, e.g. `GITLAB_RUNNER`. */
  readonly runnerEnv: Readonly<Record<string, string>>;
}

const lambdaVariables = (settings: FunctionSettings): Record<string, string> => ({
  AWS_LAMBDA_FUNCTION_NAME: settings.functionName,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMiB),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  TZ: ":UTC",
});

/** The file that a handler's name stands for: Lambda takes the first ending that is there. */
const bundleFile = (folder: string, name: string): string => {
  const files = [".js", ".mjs", ".cjs"].map((ending) => join(folder, `${name}${ending}`));
  return files.find((file) => existsSync(file)) ?? join(folder, name);
};

/** Whether it is one of the runner functions, which run in processes of their own. */
export const isImage = ({ code }: FunctionSettings): boolean => code.kind === "image";

/** What tells one deployment of a function from another. */
const versionOf = ({ code }: FunctionSettings): string => (code.kind === "zip" ? code.sha256 : code.uri);

/**
 * What a worker loads for a deployed function.
 *
 * @param folder where its code is
 * @param awsEnv the variables by which it reaches AWS
 */
export const workerSource = (
  settings: FunctionSettings,
  folder: string,
  host: WorkerEnvironment,
  awsEnv: Readonly<Record<string, string>>,
): WorkerSource => {
  const [file = "", exportName = ""] = settings.handler
    ? settings.handler.split(".")
    : ["handler", "handler"];
  const env = {
    ...(isImage(settings) ? { ...host.run.env, ...host.runnerEnv } : { PATH: host.run.env.PATH ?? "" }),
    ...awsEnv,
    ...lambdaVariables(settings),
    ...settings.variables,
  };
  const { functionId, functionName, variables } = settings;
  return {
    // With the next session's credentials come new environments.
    key: `${functionId} ${functionName} ${versionOf(settings)} ${awsEnv.AWS_ACCESS_KEY_ID} ${JSON.stringify(variables)}`,
    file: bundleFile(folder, file),
    exportName,
    settings,
    env,
  };
};
