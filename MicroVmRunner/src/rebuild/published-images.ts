import { PutParameterCommand, paginateGetParametersByPath, type SSMClient } from "@aws-sdk/client-ssm";
import { parseMicroVmImage } from "../../../Core/microvm/image";
import type { Publication, PublicationPort } from "./keep-images";

/** The parameters of the stack, one for each size. Of others there nothing is touched. */
export const publishedImages = (client: SSMClient, configurationPath: string): PublicationPort => ({
  read: async () => {
    const found: Publication[] = [];
    const pages = paginateGetParametersByPath({ client }, { Path: `${configurationPath}/microvm` });
    for await (const { Parameters = [] } of pages) {
      for (const { Name: name = "", Value = "" } of Parameters) {
        const image = parseMicroVmImage(Value);
        if (image !== undefined) found.push({ name, image });
      }
    }
    return found;
  },
  write: async ({ name, image }) => {
    await client.send(new PutParameterCommand({ Name: name, Value: JSON.stringify(image), Overwrite: true }));
  },
});
