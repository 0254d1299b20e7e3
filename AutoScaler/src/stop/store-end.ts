import { advanceRunner, type Lease, type Runner, type Time, touch } from "../../../Core/model/ledger";
import type { EndSkipCode } from "../../../Core/model/reasons";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import { isLeasedByOther } from "../ledger/leases";
import type { GitLabJob } from "../ports";
import { attemptChanges, endAttempts, isJobGivenUp } from "./close-job";
import type { EndOrder } from "./end-order";
import { LOSSES } from "./unasked-end";

/** The steps of an end that write to the ledger: the lease, ENDING, or the job that still runs. */

type StoreDependencies = Pick<Dependencies, "ledger" | "clock" | "metric">;

/** An order that names a runner. */
export type Wanted = EndOrder & { readonly runnerId: number };

/** The result of a step: the end goes on with the runner, or leaves it. */
export type EndStep =
  | { readonly kind: "go"; readonly runner: Runner; readonly isJobGivenUp?: boolean }
  | { readonly kind: "left"; readonly reason: EndSkipCode };

/** Since the order was made, a swap assigned the runner to another job. */
const isForOther = (runner: Runner, { ownJob, endedJob, isDead }: EndOrder): boolean =>
  runner.state === "STARTING" &&
  !isDead &&
  ownJob !== undefined &&
  ownJob.id !== runner.jobId &&
  endedJob?.runnerId !== runner.runnerId;

/** Stores with the lease that the runner's job has ended, since GitLab may not answer again for a while. */
const endOfItsJob = (runner: Runner, { endedJob }: EndOrder): Pick<Runner, "endedJobId"> =>
  endedJob !== undefined && endedJob.id === runner.busyJobId && endedJob.startedAt !== undefined
    ? { endedJobId: endedJob.id }
    : {};

export const takeLease = (dependencies: StoreDependencies, order: Wanted, lease: Lease): Promise<EndStep> =>
  retryOnConflict<EndStep>(dependencies.ledger, async () => {
    const runner = await dependencies.ledger.runner(order.runnerId);
    const now = dependencies.clock.now();
    const left = (reason: EndSkipCode) => ({ changes: [], result: { kind: "left", reason } as const });
    if (runner === undefined || runner.state === "GONE") return left("already-gone");
    if (isForOther(runner, order)) return left("serves-other-job");
    if (isLeasedByOther(runner, lease, now)) return left("leased");
    const endRequestedAt = runner.endRequestedAt ?? now;
    const leased = touch(runner, { lease, endRequestedAt, ...endOfItsJob(runner, order) });
    return { changes: [{ put: leased }], result: { kind: "go", runner: leased } };
  });

/** Another end was faster. If the GitLab record still exists, this one deletes it. */
const goneStep = (runner: Runner): EndStep =>
  runner.recordDeletedAt === undefined ? { kind: "go", runner } : { kind: "left", reason: "already-gone" };

/**
 * The lease stays until the runner is gone. Otherwise a repeated event, or a pass during the end, would
 * delete the record and terminate the instance a second time (I-25).
 */
const storeEnding = (
  dependencies: StoreDependencies,
  order: Wanted,
  lease: Lease,
  pausedAt?: Time,
): Promise<EndStep> =>
  retryOnConflict<EndStep>(dependencies.ledger, async () => {
    const runner = await dependencies.ledger.runner(order.runnerId);
    const now = dependencies.clock.now();
    if (runner === undefined) return { changes: [], result: { kind: "left", reason: "already-gone" } };
    if (runner.state === "GONE") return { changes: [], result: goneStep(runner) };
    const isEnding = runner.state === "ENDING";
    if ((!isEnding && isForOther(runner, order)) || isLeasedByOther(runner, lease, now)) {
      return { changes: [], result: { kind: "left", reason: "leased" } };
    }
    if (isEnding) {
      const leased = touch(runner, { lease });
      return { changes: [{ put: leased }], result: { kind: "go", runner: leased } };
    }
    const endRequestedAt = runner.endRequestedAt ?? now;
    const paused = runner.pausedAt ?? pausedAt;
    const patch = { lease, endRequestedAt, reason: order.reason, pausedAt: paused };
    const ending = advanceRunner(runner, "ENDING", now, patch);
    const attempts = await attemptChanges(dependencies, runner, order, now);
    const result = { kind: "go", runner: ending, isJobGivenUp: attempts.some(isJobGivenUp) } as const;
    return { changes: [{ put: ending }, ...attempts], result };
  });

/** Stores ENDING after the pause and the check (trace 5), and closes the attempts in the same transaction. */
export const toEnding = async (
  dependencies: StoreDependencies,
  order: Wanted,
  lease: Lease,
  pausedAt?: Time,
): Promise<EndStep> => {
  const step = await storeEnding(dependencies, order, lease, pausedAt);
  const isFailure = step.kind === "go" && step.isJobGivenUp;
  if (isFailure) dependencies.metric("JobsFailed", 1, { reason: "attempts-used-up" });
  if (step.kind === "go" && LOSSES.includes(order.reason)) {
    dependencies.metric("RunnersLost", 1, { reason: order.reason });
  }
  return step;
};

/** Stores that the runner is busy with a job. Attempts stay as they are: only an ended job closes its own. */
export const recordBusy = (
  { ledger, clock }: StoreDependencies,
  { runnerId, endedJob }: Wanted,
  job: GitLabJob,
): Promise<void> =>
  retryOnConflict(ledger, async () => {
    const runner = await ledger.runner(runnerId);
    if (runner === undefined || runner.state === "ENDING" || runner.state === "GONE") {
      return { changes: [], result: undefined };
    }
    const now = clock.now();
    const patch = {
      lease: undefined,
      // A later end gets half an hour of its own.
      endRequestedAt: undefined,
      pausedAt: runner.pausedAt ?? now,
      busyJobId: job.id,
      busyProjectId: job.projectId,
    };
    const busy =
      runner.state === "STARTING" ? advanceRunner(runner, "BUSY", now, patch) : touch(runner, patch);
    const ended =
      endedJob === undefined ? [] : endAttempts(await ledger.attempts(endedJob.id), endedJob, now);
    return { changes: [{ put: busy }, ...ended], result: undefined };
  });
