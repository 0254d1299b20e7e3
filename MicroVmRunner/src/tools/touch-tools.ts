import { command, type Variables } from "./command";

/** What a job's start uses. The disk is read on demand: what is not used here is read from afar by the first job. */
const CALLS: readonly (readonly string[])[] = [
  ["gitlab-runner", "--version"],
  ["git", "--version"],
  ["docker", "version"],
  ["docker", "images"],
  ["aws", "--version"],
];

/** @throws Error that names what cannot be run */
export const touchTools = async (variables: Variables): Promise<void> => {
  for (const call of CALLS) await command(variables, call);
};
