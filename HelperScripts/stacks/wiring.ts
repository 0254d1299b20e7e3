import { createHash } from "node:crypto";
import { GetParametersByPathCommand, type SSMClient } from "@aws-sdk/client-ssm";

/**
 * A hash of what Infrastructure publishes for the other stacks. They refer to the values by name, and a changed value
 * behind a name is no update of a stack: this parameter makes it one.
 *
 * @returns 16 hexadecimal digits
 */
export const wiringOf = async (
  client: Pick<SSMClient, "send">,
  configurationPath: string,
): Promise<string> => {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new GetParametersByPathCommand({
        Path: `${configurationPath}/infrastructure`,
        Recursive: true,
        NextToken,
      }),
    );
    for (const { Name, Value } of page.Parameters ?? []) found.push(JSON.stringify([Name, Value]));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return createHash("sha256").update(found.sort().join("\n")).digest("hex").slice(0, 16);
};
