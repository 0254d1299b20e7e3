import { defined } from "../../Core/defined";
import type { JobAccount } from "../../Core/model/job-account";
import { accountText, accountWords } from "../../Core/model/job-account-words";
import { type Attempt, jobOf, type Runner, type Time } from "../../Core/model/ledger";

/**
 * What `--json` gives: codes, times as ISO 8601, lengths and prices as numbers. Of the ledger's own book-keeping
 * (versions, leases, slots, the key of the bootstrap row) it gives nothing.
 */

const iso = (time: Time | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

const isoTimes = (times: Readonly<Partial<Record<string, Time>>>) =>
  defined(Object.fromEntries(Object.entries(times).map(([state, time]) => [state, iso(time)])));

/** Which job it is. */
export const jobJson = (attempt: Attempt) => {
  const { projectId, jobName } = jobOf(attempt);
  return { jobId: attempt.jobId, projectId, jobName };
};

/** How a job stands. `nextTryAt`: the pass after it tries; one that is over is tried within a minute. */
export const accountJson = (account: JobAccount, now: Time) => {
  const { attempt, runner, code, since, nextTryAt, reason } = account;
  const { detail, installFailure } = attempt.state === "FAILED" ? attempt : (runner ?? {});
  return {
    ...jobJson(attempt),
    attempt: attempt.attempt,
    code,
    text: accountText(account, now),
    ...defined({
      since: iso(since),
      nextTryAt: nextTryAt === undefined ? undefined : iso(Math.max(nextTryAt, now)),
      reason,
      detail,
      installFailure,
      remedy: accountWords(account).remedy,
    }),
  };
};

/** The role and the log of a VM are the stack's affair. */
const imageJson = ({ microVmImage: image }: Pick<Runner, "microVmImage">) =>
  image && { imageArn: image.imageArn, imageVersion: image.imageVersion };

export const runnerJson = ({
  runnerId,
  jobId,
  attempt,
  state,
  times,
  pausedAt,
  heldSince,
  recordDeletedAt,
  keptUntil,
  ...runner
}: Runner) => ({
  runnerId,
  jobId,
  attempt,
  state,
  ...defined({
    jobName: runner.order?.jobName,
    projectId: runner.order?.projectId,
    class: runner.classKey,
    provider: runner.provider,
    resourceId: runner.resourceId,
    market: runner.market,
    pricePerHour: runner.pricePerHour,
    pricePerRequest: runner.pricePerRequest,
    priceSource: runner.priceSource,
    spotPool: runner.pool,
    restingPools: runner.restingPools,
    afterSpotLoss: runner.afterSpotLoss,
    lacksSpotRole: runner.lacksSpotRole,
    busyJobId: runner.busyJobId,
    heldBy: runner.heldBy,
    heldSince: iso(heldSince),
    reason: runner.reason,
    detail: runner.detail,
    installFailure: runner.installFailure,
    microVmImage: imageJson(runner),
    pausedAt: iso(pausedAt),
    recordDeletedAt: iso(recordDeletedAt),
    keptUntil: iso(keptUntil),
  }),
  times: isoTimes(times),
});

export const attemptJson = (attempt: Attempt, runner: Runner | undefined) => ({
  attempt: attempt.attempt,
  state: attempt.state,
  ...defined({
    class: attempt.classKey,
    provider: attempt.order?.runnerClass.type,
    microVm: attempt.order?.runnerClass.microVm,
    fallbackBy: attempt.order?.fallbackBy,
    ec2: attempt.order?.chosenByTags ? attempt.order.runnerClass.ec2 : undefined,
    chosenByTags: attempt.order?.chosenByTags,
    runnerId: attempt.runnerId,
    ranOnRunnerId: attempt.ranOnRunnerId,
    resourceId: attempt.resourceId,
    market: attempt.market,
    pricePerHour: attempt.pricePerHour,
    priceSource: attempt.priceSource,
    cost: attempt.cost,
    waitingFor: attempt.waitingFor,
    reason: attempt.reason,
    detail: attempt.detail,
    installFailure: attempt.installFailure,
    outcome: attempt.outcome,
    failureReason: attempt.failureReason,
  }),
  times: isoTimes(attempt.times),
  ...(runner ? { runner: runnerJson(runner) } : {}),
});
