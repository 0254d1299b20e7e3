import { SHARDS } from "../ledger/keys";
import type { OrderedAttempt, Runner, Time } from "../model/ledger";
import { withoutParallelSuffix } from "../routing/mapping-keys";
import { dayOf } from "./days";
import type { UsageKey, UsageMarket } from "./usage-key";

const marketOf = ({ provider, market }: Pick<Runner, "provider" | "market">): UsageMarket => {
  if (provider === "LAMBDA") return "lambda";
  if (provider === "MICROVM") return "microvm";
  return market === "spot" || market === "on-demand" ? market : "unknown";
};

/** Names of jobs that a matrix or `parallel` made differ by their suffix alone. */
const countedName = (jobName: string): string => withoutParallelSuffix(jobName) ?? jobName;

/** The key under which a job's wait is counted: what its attempt was to get. The shards are taken by the jobs' ids. */
export const attemptKeyOf = ({ jobId, order, classKey, market }: OrderedAttempt, now: Time): UsageKey => ({
  day: dayOf(now),
  shard: jobId % SHARDS,
  projectId: order.projectId,
  classKey,
  market: marketOf({ provider: order.runnerClass.type, ...(market ? { market } : {}) }),
  jobName: countedName(order.jobName),
});

/** The shard of the runner's slot: those that meet at it meet already, and no others do. */
const shardOf = ({ slot, runnerId }: Pick<Runner, "slot" | "runnerId">): number =>
  slot?.stackShard ?? runnerId % SHARDS;

/**
 * The key under which what happens to a runner now is counted. Undefined: an adopted record, of which nobody knows whose
 * it was.
 *
 * @param jobName of the job that it is counted for
 */
export const usageKeyOf = (runner: Runner, jobName: string, now: Time): UsageKey | undefined =>
  runner.adopted
    ? undefined
    : {
        day: dayOf(now),
        shard: shardOf(runner),
        projectId: runner.order.projectId,
        classKey: runner.classKey,
        market: marketOf(runner),
        jobName: countedName(jobName),
      };
