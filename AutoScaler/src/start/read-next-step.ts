import type { Time } from "../../../Core/model/ledger";
import type { Ledger } from "../ports";
import { type NextStep, nextStep } from "./next-step";

/**
 * Reads what the ledger has of a job, and says what a start has to do.
 *
 * @param now asked once all is read
 * @param again see `nextStep`
 */
export const readNextStep = async (
  ledger: Ledger,
  jobId: number,
  now: () => Time,
  again?: number,
): Promise<NextStep> => {
  const attempts = await ledger.attempts(jobId);
  const runnerId = attempts.at(-1)?.runnerId;
  const runner = runnerId === undefined ? undefined : await ledger.runner(runnerId);
  return nextStep(attempts, runner, now(), again);
};
