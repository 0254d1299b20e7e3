const STAGE_LINE = /^# stage (\w+)$/gm;
const EMPTY_ARGUMENT = /^ARG (\w+)=$/gm;
const FILLED_ARGUMENT = /^ARG (\w+)=(\S+)$/gm;

/** A stage of a Dockerfile: from its FROM to the next line of dashes or FROM. @throws Error when there is none of the name */
const stage = (dockerfile: string, name: string): string => {
  const found = new RegExp(`^FROM \\S+ AS ${name}\\n[\\s\\S]*?(?=^(?:# -{10}|FROM )|(?![\\s\\S]))`, "m").exec(
    dockerfile,
  );
  if (found === null) throw new Error(`The Dockerfile has no stage ${name}`);
  return found[0].trimEnd();
};

/**
 * MicroVmRunner/Dockerfile in one piece: with the stages that it takes from LambdaShellRunner's, and its arguments filled in.
 *
 * @param pins digests and checksums that LambdaShellRunner's Dockerfile leaves open, by argument
 */
export const assembleDockerfile = (
  own: string,
  lambda: string,
  pins: Readonly<Record<string, string>>,
): string => {
  const known = new Map(
    [...lambda.matchAll(FILLED_ARGUMENT)].map(([, name = "", value = ""]) => [name, value]),
  );
  return own
    .replace(STAGE_LINE, (_, name: string) => stage(lambda, name))
    .replace(EMPTY_ARGUMENT, (_, name: string) => `ARG ${name}=${pins[name] ?? known.get(name) ?? ""}`);
};
