import {
  OTHER_REST_RUN,
  REST_CALL_BYTES,
  REST_LAMBDA_LINES_BYTES,
  REST_METRICS,
  REST_RUNS,
  REST_TABLE_KEYS_PER_MONTH,
  type RestRun,
} from "./rest-use";

/**
 * What a deployment costs while no job runs, in USD, us-east-1, as the pages below showed it on `PRICES_AS_OF`. The free
 * parts are the account's: something else in it may have used them up.
 *
 * https://aws.amazon.com/cloudwatch/pricing/ https://aws.amazon.com/lambda/pricing/ https://aws.amazon.com/kms/pricing/
 * https://aws.amazon.com/dynamodb/pricing/on-demand/ https://aws.amazon.com/ecr/pricing/ https://aws.amazon.com/vpc/pricing/
 * https://aws.amazon.com/xray/pricing/ https://aws.amazon.com/ec2/pricing/on-demand/ (data transfer)
 */
interface RestPrice {
  readonly unit: string;
  /** USD for one unit in a month. */
  readonly price: number;
  /** Units a month that are free. */
  readonly free: number;
}

const ALARM: RestPrice = { unit: "alarms", price: 0.1, free: 10 };
const DASHBOARD: RestPrice = { unit: "CloudWatch dashboard", price: 3, free: 3 };
const METRIC: RestPrice = { unit: "metrics of our own", price: 0.3, free: 10 };
const THOUSAND_CALLS: RestPrice = {
  unit: "thousand calls of scheduled functions",
  price: 0.0002,
  free: 1_000,
};
const THOUSAND_GB_SECONDS: RestPrice = { unit: "thousand GB-seconds of them", price: 0.0133334, free: 400 };
const THOUSAND_TRACES: RestPrice = { unit: "thousand traces of them", price: 0.005, free: 100 };
const THOUSAND_READS: RestPrice = { unit: "thousand reads of the tables", price: 0.000125, free: 0 };
const THOUSAND_WRITES: RestPrice = { unit: "thousand writes to the tables", price: 0.000625, free: 0 };
const THOUSAND_DECRYPTIONS: RestPrice = { unit: "thousand requests to KMS", price: 0.003, free: 20 };
const LOG_GB: RestPrice = { unit: "GB of logs", price: 0.5, free: 5 };
const SENT_GB: RestPrice = { unit: "GB sent to GitLab", price: 0.09, free: 100 };
const IMAGE_GB: RestPrice = { unit: "GB of images", price: 0.1, free: 0 };
const NAT_GATEWAY: RestPrice = { unit: "NAT gateways", price: 0.045 * 730, free: 0 };

/** As the runner image is stored, compressed. */
const IMAGE_SIZE_GB = 0.4;

const GB = 1e9;

/** A function that a schedule calls. */
export interface ScheduledFunction {
  /** Logical id in its template. */
  readonly id: string;
  /** In a month of thirty days. */
  readonly calls: number;
  readonly memoryMiB: number;
  readonly isTraced: boolean;
}

/** What there is at rest. */
export interface RestingDeployment {
  /** Metrics that alarms watch: AWS counts those. */
  readonly alarms: number;
  readonly dashboards: number;
  readonly scheduled: readonly ScheduledFunction[];
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

const useOf = ({ id }: ScheduledFunction): RestRun => REST_RUNS[id] ?? OTHER_REST_RUN;

/** The bill of what schedules call. */
const costOfCalls = (scheduled: readonly ScheduledFunction[]): readonly RestCost[] => {
  const sum = (each: (one: ScheduledFunction) => number): number =>
    scheduled.reduce((total, one) => total + one.calls * each(one), 0);
  const thousands = (each: (one: ScheduledFunction) => number): number => sum(each) / 1_000;
  const tableKeys = scheduled.length === 0 ? 0 : REST_TABLE_KEYS_PER_MONTH;
  return [
    costOf(
      THOUSAND_CALLS,
      thousands(() => 1),
    ),
    costOf(
      THOUSAND_GB_SECONDS,
      thousands((one) => (useOf(one).seconds * one.memoryMiB) / 1024),
    ),
    costOf(
      THOUSAND_TRACES,
      thousands(({ isTraced }) => Number(isTraced)),
    ),
    costOf(
      THOUSAND_READS,
      thousands((one) => useOf(one).readUnits),
    ),
    costOf(
      THOUSAND_WRITES,
      thousands((one) => useOf(one).writeUnits),
    ),
    costOf(THOUSAND_DECRYPTIONS, tableKeys / 1_000 + thousands((one) => useOf(one).secretsRead)),
    costOf(LOG_GB, sum((one) => useOf(one).logBytes + REST_LAMBDA_LINES_BYTES) / GB),
    costOf(SENT_GB, (REST_CALL_BYTES * sum((one) => useOf(one).gitLabCalls)) / GB),
  ];
};

/** The bill of a month without a job, dearest first. */
export const costAtRest = ({
  alarms,
  dashboards,
  scheduled,
  hasRunnerImage,
  natGateways,
}: RestingDeployment): readonly RestCost[] =>
  [
    costOf(ALARM, alarms),
    costOf(DASHBOARD, dashboards),
    costOf(METRIC, REST_METRICS),
    ...costOfCalls(scheduled),
    costOf(IMAGE_GB, hasRunnerImage ? IMAGE_SIZE_GB : 0),
    costOf(NAT_GATEWAY, natGateways),
  ]
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.cost - one.cost);
