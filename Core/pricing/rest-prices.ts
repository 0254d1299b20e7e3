/**
 * What a deployment costs while no job runs, in USD, us-east-1, as the pages below showed it on `PRICES_AS_OF`. The free
 * parts are the account's: something else in it may have used them up.
 *
 * https://aws.amazon.com/cloudwatch/pricing/ https://aws.amazon.com/lambda/pricing/
 * https://aws.amazon.com/dynamodb/pricing/on-demand/ https://aws.amazon.com/ecr/pricing/ https://aws.amazon.com/vpc/pricing/
 */
interface RestPrice {
  readonly unit: string;
  /** USD for one unit in a month. */
  readonly price: number;
  /** Units a month that are free. */
  readonly free: number;
}

const ALARM: RestPrice = { unit: "alarms", price: 0.1, free: 10 };
const METRIC: RestPrice = { unit: "metrics of our own", price: 0.3, free: 10 };
const CALL: RestPrice = { unit: "calls of the reconciler", price: 0.2 / 1_000_000, free: 1_000_000 };
const GB_SECOND: RestPrice = { unit: "GB-seconds of the reconciler", price: 0.0000133334, free: 400_000 };
const READ: RestPrice = { unit: "reads of the tables", price: 0.125 / 1_000_000, free: 0 };
const LOG_GB: RestPrice = { unit: "GB of logs", price: 0.5, free: 5 };
const IMAGE_GB: RestPrice = { unit: "GB of images", price: 0.1, free: 0 };
const NAT_GATEWAY: RestPrice = { unit: "NAT gateways", price: 0.045 * 730, free: 0 };

/** A pass each minute. */
const PASSES = 60 * 24 * 30;
/** What a pass without jobs takes: computed from its calls, and not measured on AWS. */
const PASS = { seconds: 1, gb: 0.5, reads: 12, logGb: 2e-6 };
/** WaitingJobs, OldestWaitingSeconds, SpotPoolsResting, JobsFoundByReconciler, JobsSeenByReconciler, RunnersOpen, JobsSeen, PassesCompleted. */
const METRICS_AT_REST = 8;
/** As the runner image is stored, compressed. */
const IMAGE_SIZE_GB = 0.4;

/** What there is at rest. */
export interface RestingDeployment {
  /** Metrics that alarms watch: AWS counts those. */
  readonly alarms: number;
  readonly hasRunnerImage: boolean;
  readonly natGateways: number;
}

/** One line of the bill. */
export interface RestCost {
  readonly unit: string;
  readonly count: number;
  readonly price: number;
  /** USD a month. */
  readonly cost: number;
  /** USD a month in an account whose free parts nothing else uses. */
  readonly costBeyondFree: number;
}

const costOf = ({ unit, price, free }: RestPrice, count: number): RestCost => ({
  unit,
  count,
  price,
  cost: count * price,
  costBeyondFree: Math.max(0, count - free) * price,
});

/** The bill of a month without a job, dearest first. */
export const costAtRest = ({ alarms, hasRunnerImage, natGateways }: RestingDeployment): readonly RestCost[] =>
  [
    costOf(ALARM, alarms),
    costOf(METRIC, METRICS_AT_REST),
    costOf(CALL, PASSES),
    costOf(GB_SECOND, PASSES * PASS.seconds * PASS.gb),
    costOf(READ, PASSES * PASS.reads),
    costOf(LOG_GB, PASSES * PASS.logGb),
    costOf(IMAGE_GB, hasRunnerImage ? IMAGE_SIZE_GB : 0),
    costOf(NAT_GATEWAY, natGateways),
  ]
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.cost - one.cost);
