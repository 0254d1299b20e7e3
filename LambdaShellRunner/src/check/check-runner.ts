import { arch } from "node:process";
import { defined } from "../../../Core/defined";
import type { RunnerCheckAnswer } from "../../../Core/runner-check";
import { toolVersion } from "./tool-version";

export interface CheckDependencies {
  /** Path or name of gitlab-runner. */
  readonly binary: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Asks the bootstrap table for a row that is not there. */
  askTable(): Promise<unknown>;
}

const nameOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.name : "unknown error";
};

/**
 * What this function is made of. That it answers shows that Lambda can run its image: node, which only root may read in
 * it, among the rest. Asks GitLab for nothing.
 */
export const checkRunner = async ({
  binary,
  variables,
  askTable,
}: CheckDependencies): Promise<RunnerCheckAnswer> => {
  const [runner, aws, git, bootstrapTable] = await Promise.all([
    toolVersion(binary, variables),
    toolVersion("aws", variables),
    toolVersion("git", variables),
    askTable().then(() => "answers", nameOf),
  ]);
  return {
    kind: "check",
    architecture: arch === "x64" ? "x86_64" : arch,
    node: process.versions.node,
    versions: defined({ "gitlab-runner": runner, aws, git }),
    bootstrapTable,
  };
};
