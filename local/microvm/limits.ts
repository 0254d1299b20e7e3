import { tokenBucket } from "../webhook-api/throttle";
import { MicroVmError } from "./api/errors";

/** The quotas of an account, and the rates of its calls. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export interface MicroVmLimits {
  /** Of all MicroVMs that live, GB. */
  readonly memoryGB: number;
  /** Launches a second, and as many at once. */
  readonly launchesPerSecond: number;
}

export const DEFAULT_LIMITS: MicroVmLimits = { memoryGB: 400, launchesPerSecond: 5 };

/** Calls a second of the others that are limited. */
const RATES: Readonly<Record<string, number>> = {
  GetMicrovm: 100,
  TerminateMicrovm: 10,
  SuspendMicrovm: 2,
  ResumeMicrovm: 5,
};

/** Refuses what is beyond the account's limits. */
export class MicroVmQuotas {
  private readonly buckets = new Map<string, () => boolean>();

  constructor(
    private limits: MicroVmLimits,
    private readonly now: () => number,
  ) {}

  set(limits: Partial<MicroVmLimits>): void {
    this.limits = { ...this.limits, ...limits };
    this.buckets.clear();
  }

  /** @throws MicroVmError ThrottlingException */
  checkRate(operation: string): void {
    const rate = operation === "RunMicrovm" ? this.limits.launchesPerSecond : RATES[operation];
    if (rate === undefined) return;
    const bucket = this.buckets.get(operation) ?? tokenBucket({ ratePerSecond: rate, burst: rate }, this.now);
    this.buckets.set(operation, bucket);
    if (!bucket()) throw new MicroVmError("ThrottlingException", "Rate exceeded");
  }

  /**
   * @param usedMiB of all that live
   * @throws MicroVmError ServiceQuotaExceededException
   */
  checkMemory(usedMiB: number, moreMiB: number): void {
    if (usedMiB + moreMiB <= this.limits.memoryGB * 1_024) return;
    throw new MicroVmError(
      "ServiceQuotaExceededException",
      `The memory of all MicroVMs may be ${this.limits.memoryGB} GB at most`,
    );
  }
}
