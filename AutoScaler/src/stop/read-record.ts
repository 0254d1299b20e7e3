import { TransientError } from "../../../Core/errors";
import type { Runner, Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { isReported, isUndelivered, type RecordFacts } from "./report/silence";
import { hasWaitedTooLong } from "./termination-reason";

type RecordDependencies = Pick<Dependencies, "gitLab" | "clock">;

/** Reads the record only where it decides the end or gives its reason, since each read is a call (I-25). */
const isAskedFor = (runner: Runner, now: Time): boolean => {
  if (runner.state === "ENDING" || runner.state === "GONE") return false;
  if (isReported(runner) || isUndelivered(runner, now)) return true;
  return runner.state === "STARTING" && !runner.adopted && hasWaitedTooLong(runner, now);
};

/** GitLab's record of a runner that may have to end. Undefined: not needed, or GitLab does not answer. */
export const readRecord = async (
  { gitLab, clock }: RecordDependencies,
  runner: Runner,
): Promise<RecordFacts | undefined> => {
  if (gitLab.mode === "payload" || !isAskedFor(runner, clock.now())) return undefined;
  try {
    const record = await gitLab.runner(runner.runnerId);
    return record === undefined ? { kind: "absent" } : { kind: "known", record };
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};
