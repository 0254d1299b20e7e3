import type { Time } from "../../../../Core/model/ledger";
import { TokenBucket } from "./token-bucket";

/** Of CreateFleet. AWS raises it on request. */
export interface FleetRate {
  readonly fleetsPerSecond: number;
  readonly fleetsAtOnce: number;
}

/**
 * EC2's request buckets as an account has them: each action has its own, refilled with so many tokens a second.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export class Ec2Requests {
  /** A mutating action. What it launches is limited besides, see `Ec2Options`. */
  readonly createFleet: TokenBucket;
  readonly describe = new TokenBucket(20, 100);
  /** DescribeInstances by id alone. */
  readonly describeUnfiltered = new TokenBucket(10, 50);
  readonly terminate = new TokenBucket(5, 100);
  readonly terminatedInstances = new TokenBucket(20, 1_000);

  constructor({ fleetsPerSecond, fleetsAtOnce }: FleetRate) {
    this.createFleet = new TokenBucket(fleetsPerSecond, fleetsAtOnce);
  }

  /** False: refused with RequestLimitExceeded, as of the others. */
  mayDescribe(
    { Filters, MaxResults }: { readonly Filters?: unknown; readonly MaxResults?: unknown },
    now: Time,
  ): boolean {
    const isPlain = Filters === undefined && MaxResults === undefined;
    return (isPlain ? this.describeUnfiltered : this.describe).take(now);
  }

  mayTerminate(instances: number, now: Time): boolean {
    return this.terminate.take(now) && this.terminatedInstances.take(now, instances);
  }
}
