import { ConfigurationError } from "../../../Core/errors";
import { log } from "../../../Core/log";
import type { MicroVmImage } from "../../../Core/microvm/image";

/** A version that can be started. */
export interface BuiltVersion {
  /** E.g. `3.0`. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly builtAt: number;
}

/** An image as Lambda has it. */
export interface ImageState {
  readonly isBuilding: boolean;
  /** Whether its last build failed. */
  readonly hasFailed: boolean;
  /** The newest that can be started; undefined: there is none. */
  readonly newest?: BuiltVersion;
}

/** Images in Lambda, by ARN. */
export interface ImagePort {
  state(imageArn: string): Promise<ImageState>;
  /** Begins to build a version again, from the same code and the newest base image. */
  rebuild(imageArn: string, version: string): Promise<void>;
  /** Deletes all versions but the newest ones: they cost storage, and no running MicroVM needs its image's version. */
  deleteOld(imageArn: string, kept: number): Promise<void>;
}

/** A published image, under the name of its parameter. */
export interface Publication {
  readonly name: string;
  readonly image: MicroVmImage;
}

export interface PublicationPort {
  read(): Promise<readonly Publication[]>;
  write(publication: Publication): Promise<void>;
}

export interface KeepDependencies {
  readonly images: ImagePort;
  readonly published: PublicationPort;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const DAY = 24 * 60 * 60 * 1_000;

/**
 * AWS publishes base images about monthly, and starts none of them any more ninety days after its successor. Thirty days leave
 * room for two failures that nobody looked at.
 */
export const REBUILD_AFTER_MILLISECONDS = 30 * DAY;

/** The published one, and the one before, from which a start may be under way. */
export const KEPT_VERSIONS = 2;

const publish = async (
  { images, published }: KeepDependencies,
  { name, image }: Publication,
  imageVersion: string,
): Promise<void> => {
  await published.write({ name, image: { ...image, imageVersion } });
  log.info("IMAGE_PUBLISHED", { imageArn: image.imageArn, imageVersion });
  await images.deleteOld(image.imageArn, KEPT_VERSIONS);
};

const keepOne = async (dependencies: KeepDependencies, publication: Publication): Promise<void> => {
  const { images, now } = dependencies;
  const { imageArn, imageVersion } = publication.image;
  const { isBuilding, hasFailed, newest } = await images.state(imageArn);
  if (isBuilding) return;
  if (newest === undefined) throw new ConfigurationError(`${imageArn} has no version that can be started`);
  if (newest.version !== imageVersion) await publish(dependencies, publication, newest.version);
  if (now() - newest.builtAt < REBUILD_AFTER_MILLISECONDS) return;
  await images.rebuild(imageArn, newest.version);
  log.info("IMAGE_REBUILD_STARTED", { imageArn, imageVersion: newest.version });
  if (hasFailed) throw new ConfigurationError(`The last build of ${imageArn} failed; another one has begun`);
};

/**
 * Keeps the published images young enough to be started. A build takes minutes: the next run publishes it.
 *
 * @throws ConfigurationError after all of them, when one could not be kept
 */
export const keepImages = async (dependencies: KeepDependencies): Promise<void> => {
  const failures: string[] = [];
  for (const publication of await dependencies.published.read()) {
    await keepOne(dependencies, publication).catch((error: Error) => failures.push(error.message));
  }
  if (failures.length === 0) return;
  for (const message of failures) log.error("IMAGE_NOT_KEPT", { message });
  throw new ConfigurationError(failures.join("; "));
};
