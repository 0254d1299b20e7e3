import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { unzipSync } from "fflate";
import type { FunctionCode } from "./call";

export interface ArtifactSettings {
  /** Deployed code is unpacked below it. */
  readonly folder: string;
  /** Reads the zip archive at an address that Lambda gave. */
  readonly readCode: (location: string) => Promise<Buffer>;
  /** The image that needs no Docker: what is called under its name is the folder's `handler.js`. */
  readonly image: { readonly uri: string; readonly folder: string };
}

/** There is no such image. As Lambda's state of a function whose image was deleted. */
export class ImageDeletedError extends Error {
  override readonly name = "ImageDeleted";
}

const unpack = (archive: Buffer, folder: string): void => {
  const part = `${folder}.part`;
  for (const [name, content] of Object.entries(unzipSync(archive))) {
    const path = join(part, name);
    if (relative(part, path).startsWith("..")) throw new Error(`The deployed archive has the file ${name}`);
    mkdirSync(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(path, content);
  }
  renameSync(part, folder);
};

/** `…/laptop/lambda-shell-runner:latest` → `…/laptop/lambda-shell-runner`; a digest goes too. */
const imageName = (uri: string): string => uri.replace(/(@sha256:[0-9a-f]+|:[\w.-]+)$/, "");

/** Whether two addresses are of one image, whatever its version. */
export const isSameImage = (one: string, other: string): boolean => imageName(one) === imageName(other);

/**
 * Where a deployed function's code is: an archive's content by its hash, so that each is unpacked once.
 *
 * @returns a function that gives the folder, and rejects with ImageDeletedError for an image that is not the laptop's
 */
export const codeFolders = ({
  folder,
  readCode,
  image,
}: ArtifactSettings): ((code: FunctionCode) => Promise<string>) => {
  const unpacked = new Map<string, Promise<string>>();
  const fetchCode = async (sha256: string, location: string): Promise<string> => {
    const target = join(folder, Buffer.from(sha256, "base64").toString("hex"));
    unpack(await readCode(location), target);
    return target;
  };
  return async (code) => {
    if (code.kind === "image") {
      if (isSameImage(code.uri, image.uri)) return image.folder;
      throw new ImageDeletedError(
        `The image ${code.uri} is not there: without Docker the laptop has ${image.uri} alone`,
      );
    }
    const known = unpacked.get(code.sha256) ?? fetchCode(code.sha256, code.location);
    unpacked.set(code.sha256, known);
    known.catch(() => unpacked.delete(code.sha256));
    return known;
  };
};
