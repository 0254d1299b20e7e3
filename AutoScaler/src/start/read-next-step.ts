import { isOfProject, type Time } from "../../../Core/model/ledger";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import type { Ledger } from "../ports";
import { type NextStep, nextStep } from "./next-step";

/**
 * Reads what the ledger has of a job, and says what a start has to do.
 *
 * @param job as GitLab confirmed it, or the webhook named it where there is no GitLab to ask
 * @param now asked once all is read
 * @param again see `nextStep`
 */
export const readNextStep = async (
  ledger: Ledger,
  { jobId, projectId }: Pick<RunnerOrder, "jobId" | "projectId">,
  now: () => Time,
  again?: number,
): Promise<NextStep> => {
  const attempts = await ledger.attempts(jobId);
  if (attempts.some((attempt) => !isOfProject(attempt, projectId)))
    return { kind: "nothing", reason: "other-project" };
  const runnerId = attempts.at(-1)?.runnerId;
  const runner = runnerId === undefined ? undefined : await ledger.runner(runnerId);
  return nextStep(attempts, runner, now(), again);
};
