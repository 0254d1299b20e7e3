import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { RUNNER_FUNCTION_PARAMETER } from "../../../../Core/configuration";
import { type ReadRetries, readWithRetries } from "./read-retries";

/**
 * The function that LambdaShellRunner published, for a function that may read nothing else of the configuration.
 *
 * @param path our configuration path, e.g. `/gitlabrunner`
 * @returns undefined where there is none
 */
export const publishedRunner = async (
  client: Pick<SSMClient, "send">,
  path: string,
  retries: ReadRetries,
): Promise<string | undefined> => {
  const Names = [`${path.replace(/\/+$/, "")}/${RUNNER_FUNCTION_PARAMETER}`];
  const read = () => client.send(new GetParametersCommand({ Names }));
  const { Parameters } = await readWithRetries(`GetParameters of ${Names[0]}`, read, retries);
  return Parameters?.[0]?.Value?.trim() || undefined;
};
