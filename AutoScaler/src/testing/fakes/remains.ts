import type { Attempt } from "../../../../Core/model/ledger";
import { STACK } from "../../ports";
import type { TestSystem } from "./test-system";

/** What a system looks like when all is met and gone. */
export const NOTHING = {
  killed: [],
  unmet: [],
  records: [],
  instances: [],
  taken: 0,
  attempts: [],
  runners: [],
  excess: [],
};

/** What is left in GitLab, AWS and the ledger; the first four are no word of ours. */
export const remains = ({ gitLab, instances, ledger }: TestSystem, killed: readonly number[]) => {
  const items = [...ledger.items.values()];
  const attempts = items.filter((item) => item.kind === "attempt");
  const isEnded = (jobId: number): boolean =>
    attempts.some((attempt) => attempt.jobId === jobId && attempt.state === "ENDED");
  /**
   * A job's end closes all its open attempts, and those that failed with them. One that failed stays so where nobody
   * told the ledger of the end: nothing was open any more, and a runner that was not the attempt's ran the job.
   */
  const isRightlyFailed = ({ state, jobId, runnerId }: Attempt): boolean =>
    state === "FAILED" && !isEnded(jobId) && gitLab.jobsById.get(jobId)?.runnerId !== runnerId;
  const alive = [...instances.instances.values()].filter(({ state }) => state !== "terminated");
  return {
    killed,
    unmet: [...gitLab.jobsById.values()].filter(({ status }) => status === "pending" || status === "running"),
    records: [...gitLab.runnersById.keys()],
    instances: alive.map(({ instanceId }) => instanceId),
    taken: ledger.taken(STACK),
    attempts: attempts.filter((attempt) => attempt.state !== "ENDED" && !isRightlyFailed(attempt)),
    runners: items.filter(
      (item) =>
        (item.kind === "orphan" && item.state !== "GONE") ||
        (item.kind === "runner" && (item.state !== "GONE" || !item.recordDeletedAt)),
    ),
    excess: items.filter((item) => item.kind === "attempt" && item.attempt > 2),
  };
};

export const isClean = (left: ReturnType<typeof remains>): boolean =>
  JSON.stringify(left) === JSON.stringify(NOTHING);
