import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { type MicroVmImage, microVmImageParameter, parseMicroVmImage } from "../../../../Core/microvm/image";
import { MICROVM_MEMORY_MIB, type MicroVmMemory } from "../../../../Core/model/runner-class";
import type { MicroVmImages } from "../../ports";
import { type ReadRetries, readWithRetries } from "./read-retries";

const KEPT_MILLISECONDS = 60_000;

type BySize = ReadonlyMap<MicroVmMemory, MicroVmImage>;

/**
 * The images that MicroVmRunner published, read in one call and kept for a minute. What cannot be read as an image is none.
 *
 * @param path our configuration path, e.g. `/gitlabrunner`
 */
export const publishedImages = (
  client: Pick<SSMClient, "send">,
  path: string,
  options: ReadRetries,
): MicroVmImages & { readonly all: () => Promise<readonly MicroVmImage[]> } => {
  const prefix = path.replace(/\/+$/, "");
  const nameOf = (size: MicroVmMemory): string => `${prefix}/${microVmImageParameter(size)}`;
  let kept: { readonly at: number; readonly images: Promise<BySize> } | undefined;

  const read = async (): Promise<BySize> => {
    const Names = MICROVM_MEMORY_MIB.map(nameOf);
    const send = () => client.send(new GetParametersCommand({ Names }));
    const { Parameters = [] } = await readWithRetries("GetParameters of the MicroVM images", send, options);
    const values = new Map(Parameters.map(({ Name, Value = "" }) => [Name, Value]));
    return new Map(
      MICROVM_MEMORY_MIB.flatMap((size) => {
        const image = parseMicroVmImage(values.get(nameOf(size)) ?? "");
        return image === undefined ? [] : [[size, image] as const];
      }),
    );
  };

  const images = (): Promise<BySize> => {
    const now = options.clock.now();
    if (kept !== undefined && now >= kept.at && now - kept.at < KEPT_MILLISECONDS) return kept.images;
    const reading = { at: now, images: read() };
    kept = reading;
    reading.images.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.images;
  };

  return {
    image: async (size) => (await images()).get(size),
    all: async () => [...(await images()).values()],
  };
};
