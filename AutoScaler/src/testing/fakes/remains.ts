import type { Attempt } from "../../../../Core/model/ledger";
import { STACK } from "../../ports";
import type { TestSystem } from "./test-system";

/** The remains when every job is met and nothing is left. */
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

/** What is left in GitLab, AWS and the ledger; the first four do not rely on the ledger. */
export const remains = ({ gitLab, instances, ledger }: TestSystem, killed: readonly number[]) => {
  const items = [...ledger.items.values()];
  const attempts = items.filter((item) => item.kind === "attempt");
  const isEnded = (jobId: number): boolean =>
    attempts.some((attempt) => attempt.jobId === jobId && attempt.state === "ENDED");
  const isLast = ({ jobId, attempt }: Attempt): boolean =>
    attempts.every((other) => other.jobId !== jobId || other.attempt <= attempt);
  /**
   * A job's end closes its last attempt. An earlier attempt stays failed when a runner of another attempt ran the job.
   * The last attempt stays failed when the ledger did not learn of the end: nothing was open any more.
   */
  const isRightlyFailed = (attempt: Attempt): boolean =>
    attempt.state === "FAILED" &&
    !(isEnded(attempt.jobId) && isLast(attempt)) &&
    gitLab.jobsById.get(attempt.jobId)?.runnerId !== attempt.runnerId;
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
