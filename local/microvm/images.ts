import type { ReadPath } from "../deployed";
import { MicroVmError } from "./api/errors";

/** An image's version as the host needs it. */
export interface ImageVersion {
  readonly imageArn: string;
  readonly imageVersion: string;
  readonly memoryMiB: number;
  /** Where its code is, e.g. `/bucket/microvm-code/….zip`. */
  readonly codePath: string;
  /** Seconds that its hook `run` may take. */
  readonly runTimeoutSeconds: number;
}

/** What the engine tells of an image's version (microvm_images.py). */
interface EngineVersion {
  readonly imageArn: string;
  readonly imageVersion: string;
  readonly status: string;
  readonly codeArtifact: { readonly uri: string };
  readonly resources: readonly { readonly minimumMemoryInMiB: number | string }[];
  readonly hooks: { readonly microvmHooks: { readonly runTimeoutInSeconds: number | string } };
}

const PATH = "/2025-09-09/microvm-images";

const read = async <Value>(readPath: ReadPath, path: string, what: string): Promise<Value> => {
  try {
    return JSON.parse(
      (await readPath("lambda", path === "" ? PATH : `${PATH}/${path}`)).toString("utf8"),
    ) as Value;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes(" 404 ")) throw error;
    throw new MicroVmError("ResourceNotFoundException", `${what} does not exist`);
  }
};

/** The newest version of each deployed image. */
export const newestImages = async (readPath: ReadPath): Promise<readonly ImageVersion[]> => {
  const { items } = await read<{ items: readonly { imageArn: string }[] }>(readPath, "", "images");
  return Promise.all(items.map(({ imageArn }) => readImage(readPath, imageArn, undefined)));
};

/**
 * A version of a deployed image.
 *
 * @param number undefined: the newest
 * @throws MicroVmError ResourceNotFoundException where it is not there or not active
 */
export const readImage = async (
  readPath: ReadPath,
  arn: string,
  number: string | undefined,
): Promise<ImageVersion> => {
  const id = encodeURIComponent(arn);
  const image = await read<{ latestActiveImageVersion: string }>(readPath, id, arn);
  const wanted = number ?? image.latestActiveImageVersion;
  const version = await read<EngineVersion>(readPath, `${id}/versions/${wanted}`, `${arn} ${wanted}`);
  if (version.status !== "ACTIVE")
    throw new MicroVmError("ResourceNotFoundException", `${arn} ${wanted} is not active`);
  return {
    imageArn: arn,
    imageVersion: wanted,
    memoryMiB: Number(version.resources[0]?.minimumMemoryInMiB),
    codePath: version.codeArtifact.uri.slice("s3:/".length),
    runTimeoutSeconds: Number(version.hooks.microvmHooks.runTimeoutInSeconds),
  };
};
