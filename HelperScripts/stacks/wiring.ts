import { createHash } from "node:crypto";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { storedUnder } from "../stored-parameters";

/**
 * A hash of what the stacks before it publish for a stack. It refers to the values by name, and a changed value
 * behind a name is no update of a stack: this parameter makes it one.
 *
 * @param before where those stacks publish, under the configuration path
 * @returns 16 hexadecimal digits
 */
export const wiringOf = async (
  client: Pick<SSMClient, "send">,
  configurationPath: string,
  before: readonly string[] = ["infrastructure"],
): Promise<string> => {
  const found: string[] = [];
  for (const folder of before)
    for (const each of await storedUnder(client, `${configurationPath}/${folder}`))
      found.push(JSON.stringify(each));
  return createHash("sha256").update(found.sort().join("\n")).digest("hex").slice(0, 16);
};
