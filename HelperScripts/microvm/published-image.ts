import { type MicroVmImage, microVmImageParameter, parseMicroVmImage } from "../../Core/microvm/image";
import type { MicroVmMemory } from "../../Core/model/runner-class";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { storedValues } from "../stored-parameters";

/** A size's image as MicroVmRunner published it. */
export interface PublishedImage {
  readonly memoryMiB: MicroVmMemory;
  /** Undefined: there is none, or the parameter holds something else. */
  readonly image: MicroVmImage | undefined;
}

/** The images that starts go by, of these sizes. */
export const publishedImages = async (
  { clients }: Context,
  deployment: Deployment,
  sizes: readonly MicroVmMemory[],
): Promise<readonly PublishedImage[]> => {
  if (sizes.length === 0) return [];
  const nameOf = (size: MicroVmMemory) =>
    `${output(deployment, "ConfigurationPath")}/${microVmImageParameter(size)}`;
  const values = await storedValues(clients.ssm(), sizes.map(nameOf));
  return sizes.map((memoryMiB) => ({
    memoryMiB,
    image: parseMicroVmImage(values.get(nameOf(memoryMiB)) ?? ""),
  }));
};
