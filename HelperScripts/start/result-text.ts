import { WAITING_FOR } from "../commands/why";
import type { StartResult } from "./run-workflow";

const WAITING: Readonly<Record<string, string>> = {
  ...WAITING_FOR,
  launch: "waits for its launch, which was refused just now; it is tried again by itself",
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
      return `Job ${jobId} ${WAITING[result.waitingFor] ?? `waits for ${result.waitingFor}`}.`;
    case "nothing":
      return `Nothing was started for job ${jobId}: ${result.reason}.`;
    case "failed":
      return `No runner could be started for job ${jobId}: ${reason ?? IN_THE_LOGS}.`;
    case "timed-out":
      return `The workflow ran out of its five minutes with job ${jobId}; the next pass goes on with it.`;
  }
};
