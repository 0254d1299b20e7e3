import { argument, baseImages, pinNames } from "./dockerfile";
import { type Argument, awsCliPins, gitLfsPins, gitlabRunnerPins, type Publishers } from "./downloads";

/** Where digests and checksums come from. */
export interface Sources {
  readonly publishers: Publishers;
  /** The digest of an image such as `public.ecr.aws/lambda/nodejs:24`, e.g. `sha256:…`. */
  readonly imageDigest: (image: string) => Promise<string>;
}

type Pins = Readonly<Record<string, string>>;

/** What is fetched together: one publisher's tool, or one base image. */
interface Group {
  /** What the names of its pins begin with. */
  readonly prefix: string;
  readonly find: () => Promise<Pins>;
}

export interface FoundPins {
  /** ARG → value, each verified. */
  readonly pins: Pins;
  /** What could not be fetched or verified, a sentence each. */
  readonly failures: readonly string[];
}

const groupsOf = (dockerfile: string, folder: string, sources: Sources): readonly Group[] => {
  const read: Argument = (name) => argument(dockerfile, name);
  const { publishers, imageDigest } = sources;
  return [
    ...[...baseImages(dockerfile)].map(([prefix, image]) => ({
      prefix,
      find: async () => ({ [prefix]: `@${await imageDigest(image)}` }),
    })),
    { prefix: "GITLAB_RUNNER_SHA256_", find: () => gitlabRunnerPins(read, folder, publishers) },
    { prefix: "GIT_LFS_SHA256_", find: () => gitLfsPins(read, folder, publishers) },
    { prefix: "AWS_CLI_SHA256_", find: () => awsCliPins(read, folder, publishers) },
  ];
};

/** The pins of a Dockerfile that are empty. */
export const missingPins = (dockerfile: string): readonly string[] =>
  pinNames(dockerfile).filter((name) => argument(dockerfile, name) === "");

/** Node's fetch says why it failed in the last cause alone, e.g. `getaddrinfo ENOTFOUND`. */
const lastCause = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "cause" in error ? lastCause(error.cause) : error;

const messageOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);

const sentence = (prefix: string, reason: unknown): string => {
  const cause = lastCause(reason);
  const because = cause === reason ? "" : ` (${messageOf(cause)})`;
  return `${prefix.replace(/_SHA256_$/, "")} is not pinned: ${messageOf(reason)}${because}`;
};

/**
 * Fetches and verifies pins of a Dockerfile. What one publisher does not give keeps no other's from being found.
 *
 * @param wanted the pins to find, by name; publishers of others are not asked
 * @param folder where downloads may lie meanwhile
 */
export const findPins = async (
  dockerfile: string,
  wanted: readonly string[],
  folder: string,
  sources: Sources,
): Promise<FoundPins> => {
  const groups = groupsOf(dockerfile, folder, sources).filter(({ prefix }) =>
    wanted.some((name) => name.startsWith(prefix)),
  );
  const outcomes = await Promise.allSettled(groups.map(({ find }) => find()));
  const found = outcomes.flatMap((outcome) =>
    outcome.status === "fulfilled" ? Object.entries(outcome.value) : [],
  );
  return {
    pins: Object.fromEntries(found.filter(([name]) => wanted.includes(name))),
    failures: outcomes.flatMap((outcome, index) =>
      outcome.status === "rejected" ? [sentence(groups[index]?.prefix ?? "", outcome.reason)] : [],
    ),
  };
};
