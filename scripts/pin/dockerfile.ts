/** An `ARG NAME=value` line of a Dockerfile, whatever stage it is in. */
const line = (name: string): RegExp => new RegExp(`^ARG ${name}=(.*)$`, "m");

/** @throws Error when the Dockerfile has no such line */
export const argument = (dockerfile: string, name: string): string => {
  const value = line(name).exec(dockerfile)?.[1];
  if (value === undefined) throw new Error(`The Dockerfile has no line "ARG ${name}="`);
  return value;
};

/** The Dockerfile with other values; every name must be there. */
export const withArguments = (dockerfile: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values).reduce((text, [name, value]) => {
    argument(text, name);
    return text.replace(line(name), `ARG ${name}=${value}`);
  }, dockerfile);

/** The names of what is to be pinned: digests and checksums. */
export const pinNames = (dockerfile: string): string[] =>
  [...dockerfile.matchAll(/^ARG (\w+_(?:DIGEST|SHA256_\w+))=/gm)].flatMap(([, name]) => name ?? []);

/** Base images: the ARG of the digest → the image's reference without it, e.g. `public.ecr.aws/lambda/nodejs:24`. */
export const baseImages = (dockerfile: string): ReadonlyMap<string, string> =>
  new Map(
    [...dockerfile.matchAll(/^FROM (\S+)\$\{(\w+)\}/gm)].map(([, image, name]) => [name ?? "", image ?? ""]),
  );
