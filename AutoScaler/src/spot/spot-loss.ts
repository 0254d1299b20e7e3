import type { OrderedAttempt, Runner } from "../../../Core/model/ledger";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import type { Dependencies } from "../dependencies";
import { recordPoolFailure } from "./pool-failures";
import { recordNotice } from "./spot-notice";

type JobName = Pick<RunnerOrder, "projectId" | "pipelineId" | "jobName">;

/**
 * GitLab retries a job as another job, which names neither the first one nor its runner. Both have the same
 * project, pipeline and name, and within a pipeline a name is a job's own. Undefined: the pipeline is unknown.
 * https://docs.gitlab.com/api/jobs/#retry-a-job
 */
const lossRecordName = ({ projectId, pipelineId, jobName }: JobName): string | undefined =>
  pipelineId === undefined ? undefined : `spot-loss#${projectId}#${pipelineId}#${jobName}`;

/** A job that is retried later than this meets another market. */
const KEPT_MILLISECONDS = 24 * 3_600_000;

type LossDependencies = Pick<Dependencies, "ledger" | "clock">;

/** True if spot has lost a job of this name in this pipeline within a day. Without an answer: false. */
export const wasLostToSpot = async (
  { ledger, clock }: LossDependencies,
  order: JobName,
): Promise<boolean> => {
  const name = lossRecordName(order);
  if (name === undefined) return false;
  try {
    const { value } = (await ledger.stateRecord(name)) ?? {};
    return typeof value === "number" && clock.now() - value < KEPT_MILLISECONDS;
  } catch {
    return false;
  }
};

const recordLoss = async ({ ledger, clock }: LossDependencies, order: JobName): Promise<void> => {
  const name = lossRecordName(order);
  if (name === undefined) return;
  const now = clock.now();
  const version = ((await ledger.stateRecord(name))?.version ?? 0) + 1;
  const ttl = Math.ceil((now + KEPT_MILLISECONDS) / 1_000);
  // A conflict means that another report of the same loss was faster.
  await ledger.commit([{ stateRecord: { name, version, value: now, ttl } }]);
};

/** The order of the job that the runner runs: after a swap another one than its own. */
const orderOf = async (ledger: Dependencies["ledger"], runner: Runner): Promise<JobName | undefined> => {
  const { busyJobId = runner.jobId, jobId } = runner;
  if (busyJobId === jobId && runner.order !== undefined) return runner.order;
  const attempts = await ledger.attempts(busyJobId);
  return attempts.findLast((attempt): attempt is OrderedAttempt => attempt.order !== undefined)?.order;
};

/**
 * EC2 takes a spot instance back: its pool has failed, and its job's retry starts on demand. A notice that comes
 * again changes nothing.
 *
 * @throws TransientError, ConfigurationError from the ledger
 */
export const recordInterruption = async (dependencies: LossDependencies, runner: Runner): Promise<void> => {
  const { pool, resourceId, market } = runner;
  if (market !== "spot" || resourceId === undefined) return;
  await recordNotice(dependencies, runner);
  if (pool !== undefined) await recordPoolFailure(dependencies, pool, resourceId, runner.order?.spotBreaker);
  const order = await orderOf(dependencies.ledger, runner);
  if (order !== undefined) await recordLoss(dependencies, order);
};
