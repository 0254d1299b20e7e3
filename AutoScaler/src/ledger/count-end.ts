import { defined } from "../../../Core/defined";
import type { Runner, Time } from "../../../Core/model/ledger";
import { costOf } from "../../../Core/pricing/cost";
import { usageTtl } from "../../../Core/usage/days";
import { usageKeyOf } from "../../../Core/usage/usage-of";
import type { UsageNumbers } from "../../../Core/usage/usage-reader";
import { wasteCode } from "../../../Core/usage/waste";
import type { LedgerChange } from "../ports";

/** It was launched, or nobody knows that it was not: an instance would have been found by its tag. */
const mayHaveRun = ({ times, resourceId, heldBy, provider }: Runner): boolean =>
  times.LAUNCHED !== undefined ||
  resourceId !== undefined ||
  (provider === "LAMBDA" && heldBy === "no-answer");

const hadJob = ({ busyJobId }: Runner): boolean => busyJobId !== undefined;

const waste = (runner: Runner, usd: number): UsageNumbers => {
  const code = wasteCode(runner.reason);
  return { wasteRunners: 1, wasteUsd: usd, [`waste:${code}`]: 1, [`wasteUsd:${code}`]: usd };
};

/** What its disk, or the environment that Lambda made for it, is estimated by. */
const estimatedBy = ({ order, environmentGb }: Runner, seconds: number): UsageNumbers => {
  const { diskGiB } = order?.runnerClass.ec2 ?? {};
  return defined({
    diskGiBSeconds: diskGiB === undefined ? undefined : diskGiB * seconds,
    environmentGb,
  });
};

const numbersOf = (runner: Runner, now: Time): UsageNumbers => {
  const usd = costOf(runner, now);
  const seconds = Math.max(0, now - (runner.times.LAUNCHED ?? now)) / 1_000;
  return {
    runners: 1,
    seconds,
    ...defined({ usd, unpricedRunners: usd === undefined ? 1 : undefined }),
    ...estimatedBy(runner, seconds),
    ...(hadJob(runner) ? { jobs: 1 } : waste(runner, usd ?? 0)),
  };
};

/** Nothing ran and nothing is paid. It counts where a start failed, and not where it was no longer wanted. */
const unlaunched = (runner: Runner): UsageNumbers | undefined =>
  wasteCode(runner.reason) === "failed-start" ? waste(runner, 0) : undefined;

/**
 * What the end of a runner adds to the counts of its project. It belongs into the transaction that stores the end, so that it is
 * counted once, however often the end is repeated.
 *
 * @param runner as it ended, with its resource id where that was found at its end
 * @param jobName of the job that it ran, or else of the one that it was for
 */
export const countEnd = (runner: Runner, jobName: string, now: Time): readonly LedgerChange[] => {
  const key = usageKeyOf(runner, jobName, now);
  const add = mayHaveRun(runner) || hadJob(runner) ? numbersOf(runner, now) : unlaunched(runner);
  return key === undefined || add === undefined ? [] : [{ count: { key, add, ttl: usageTtl(key.day) } }];
};
