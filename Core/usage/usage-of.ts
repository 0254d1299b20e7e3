import { SHARDS } from "../ledger/keys";
import type { Runner, Time } from "../model/ledger";
import { withoutParallelSuffix } from "../routing/mapping-keys";
import { dayOf } from "./days";
import type { UsageKey, UsageMarket } from "./usage-key";

const marketOf = ({ provider, market }: Pick<Runner, "provider" | "market">): UsageMarket => {
  if (provider === "LAMBDA") return "lambda";
  return market === "spot" || market === "on-demand" ? market : "unknown";
};

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
        jobName: withoutParallelSuffix(jobName) ?? jobName,
      };
