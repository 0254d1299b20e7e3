import { defined } from "../../../Core/defined";
import { NoAnswerError, ThrottledError, TransientError, UnreachableError } from "../../../Core/errors";
import type { Attempt } from "../../../Core/model/ledger";
import { blame } from "../../../Core/waiting/marks";
import type { GitLabOutage } from "./gitlab-outage";

/** What an error says of GitLab. Undefined: it is about something else. */
export const blamedFor = (error: unknown): GitLabOutage["cause"] | undefined => {
  if (error instanceof ThrottledError) return "throttled";
  return error instanceof NoAnswerError || error instanceof UnreachableError ? "gitlab" : undefined;
};

/**
 * What GitLab answers.
 *
 * @throws UnreachableError where it did not answer, so that the workflow can tell it from other failures
 */
export const reached = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TransientError) || error instanceof ThrottledError) throw error;
    throw new UnreachableError(error.message, { cause: error });
  }
};

/** The attempt of a start that failed: what it took counts for GitLab where that was the reason. */
export const afterError = (attempt: Attempt, error: unknown): Attempt => {
  const cause = blamedFor(error);
  if (cause === undefined) return attempt;
  return { ...attempt, ...defined({ marks: blame(attempt.marks, cause) }) };
};
