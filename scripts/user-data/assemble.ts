import { fillIn } from "./template-block";

/** Reads a file of the repository, by its path from there. */
export type ReadFile = (path: string) => string;

const FOLDER = "Ec2Runner/";
const SOURCED = /^( *)\. ([\w./-]+\.sh)$/gm;

const isCode = (line: string): boolean => !/^\s*(#|$)/.test(line);

/** A shell file without its comments and empty lines. None holds a text of several lines. */
const codeOf = (script: string): readonly string[] => script.split("\n").filter(isCode);

const resolved = (path: string): string =>
  path.startsWith("../") ? path.slice("../".length) : `${FOLDER}${path}`;

const pinned = (dockerfile: string, name: string): string | undefined =>
  new RegExp(`^ARG ${name}=(.*)$`, "m").exec(dockerfile)?.[1];

/**
 * user-data.sh in one piece: with the shell files that it sources and the pins of the Lambda runner's Dockerfile, without
 * comments, since user data has room for 16 KB. What is left between two `@` is CloudFormation's.
 */
export const assembleUserData = (read: ReadFile): string => {
  const dockerfile = read("LambdaShellRunner/Dockerfile");
  const code = codeOf(read(`${FOLDER}user-data.sh`)).join("\n");
  const whole = code.replace(SOURCED, (_, indent: string, path: string) =>
    codeOf(read(resolved(path)))
      .map((line) => indent + line)
      .join("\n"),
  );
  const text = `#!/bin/bash\n# Ec2Runner/user-data.sh tells what it does and why.\n${whole}\n`;
  return fillIn(text, (name) => pinned(dockerfile, name) ?? `@${name}@`);
};
