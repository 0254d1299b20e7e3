import { SKIP_WORDS, WAITING_WORDS } from "../../Core/model/reason-words";
import { codeOf, LOOK_UP_SKIP_CODES, START_SKIP_CODES, WAITING_FOR_CODES } from "../../Core/model/reasons";
import type { StartResult } from "./run-workflow";

/** A code that this version does not know is shown as it is. */
const waitingText = (code: string): string => {
  const known = codeOf(WAITING_FOR_CODES, code);
  if (known !== undefined) return WAITING_WORDS[known].long;
  return code === "launch" ? "its launch, which was refused just now; it is tried again by itself" : code;
};

const skipText = (code: string): string => {
  const known = codeOf([...LOOK_UP_SKIP_CODES, ...START_SKIP_CODES], code);
  return known === undefined ? code : SKIP_WORDS[known];
};

const IN_THE_LOGS = "the reason is in the logs of the stack's functions, by the job's id";

/**
 * What came of a start, in a sentence.
 *
 * @param reason of a failure, as the ledger has it; undefined when it has none
 */
export const resultText = (jobId: number, result: StartResult, reason: string | undefined): string => {
  switch (result.kind) {
    case "started":
      return `Runner ${result.runnerId ?? "?"} was started for job ${jobId} (${result.resourceId}).`;
    case "waiting":
      return `Job ${jobId} waits for ${waitingText(result.waitingFor)}.`;
    case "nothing":
      return `Nothing was started for job ${jobId}: ${skipText(result.reason)}.`;
    case "failed":
      return `No runner could be started for job ${jobId}: ${reason ?? IN_THE_LOGS}.`;
    case "timed-out":
      return `The workflow ran out of its five minutes with job ${jobId}; the next pass goes on with it.`;
  }
};
