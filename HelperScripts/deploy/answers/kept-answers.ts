import { join } from "node:path";
import type { Context } from "../../context";
import { answersText, type DeployAnswers, readAnswers } from "./answers";

/** The clone. */
export const CLONE = join(__dirname, "..", "..", "..");
/** What this command keeps: answers and builds. Git ignores it. */
export const KEPT_FOLDER = join(CLONE, ".deploy");

const OWNER_ALONE = 0o600;

export const answersPath = (name: string): string => join(KEPT_FOLDER, `answers-${name}.json`);

const isMissing = (error: unknown): boolean => (error as { code?: unknown } | undefined)?.code === "ENOENT";

/** What an earlier run of the deployment was answered. @throws UsageError when the file was broken by hand */
export const keptAnswers = (context: Context, name: string): Partial<DeployAnswers> => {
  try {
    return readAnswers(Buffer.from(context.readFile(answersPath(name))).toString("utf8")).answers;
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
};

export const keepAnswers = (context: Context, answers: DeployAnswers): void =>
  context.writeFile(answersPath(answers.name), answersText(answers), OWNER_ALONE);
