import type { Context } from "../../context";
import { type DeployAnswers, type GivenAnswers, readAnswers } from "./answers";

export interface DeployOptions extends Pick<DeployAnswers, "region" | "profile" | "imageUri"> {
  readonly name?: string;
  /** A file. */
  readonly answers?: string;
  readonly yes?: boolean;
  readonly testJob?: boolean;
  readonly json?: boolean;
}

/** The file's answers, those of the command line over them, and tokens of the environment where the file has none. */
export const givenAnswers = ({ readFile, env }: Context, options: DeployOptions): GivenAnswers => {
  const { answers: file, name, region, profile, imageUri } = options;
  const ofFile =
    file === undefined ? { answers: {} } : readAnswers(Buffer.from(readFile(file)).toString("utf8"));
  const ofOptions = readAnswers(JSON.stringify({ name, region, profile, imageUri }));
  const ofEnvironment = readAnswers(
    JSON.stringify({
      accessToken: env.GITLAB_ACCESS_TOKEN || undefined,
      setupToken: env.GITLAB_SETUP_TOKEN || undefined,
    }),
  );
  return { ...ofEnvironment, ...ofFile, answers: { ...ofFile.answers, ...ofOptions.answers } };
};
