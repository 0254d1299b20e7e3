import type { Provider } from "../model/runner-class";

/**
 * What a job uses besides its instance or function. Nobody is told these for one job, so they are estimated, by the prices of
 * us-east-1 as of `PRICES_AS_OF`, and always shown apart from the cost.
 *
 * https://aws.amazon.com/ebs/pricing/ https://aws.amazon.com/vpc/pricing/ https://aws.amazon.com/lambda/pricing/
 * https://aws.amazon.com/cloudwatch/pricing/
 */

/** USD for a GiB of gp3 in a month, and the hours that AWS counts for one. */
const DISK_GIB_MONTH = 0.08;
const HOURS_A_MONTH = 730;
/** USD an hour. */
const PUBLIC_IPV4_HOUR = 0.005;
/** USD for a GB-second of `/tmp` above what is free. */
const TEMPORARY_GB_SECOND = 0.0000000309;
const FREE_TEMPORARY_MIB = 512;
/**
 * USD for a GB of an environment that Lambda makes for one tenant. It is the figure of x86_64 in the example on Lambda's page; that of
 * arm64 has not been seen, and this one stands for it.
 */
const ENVIRONMENT_GB = 0.000167;
const MIB_PER_GB = 1024;
/** Of the functions and the runner together, in GB, at USD for one: computed, not measured. */
const LOG_GB = 0.00001;
const LOG_GB_PRICE = 0.5;
/** USD for the webhooks, events, workflows, calls, reads and writes of one attempt: computed, not measured (docs/cost.md). */
const CONTROL_PLANE = 0.00004;

/** USD: what a NAT gateway asks for an hour, and for each GB that goes through it. How much a job sends, nobody counts. */
export const NAT_GATEWAY = { hour: 0.045, gb: 0.045 } as const;

/** What one runner used. */
export interface Used {
  readonly provider: Provider;
  /** Milliseconds from its launch to its end. */
  readonly ran: number;
  /** EC2. */
  readonly diskGiB?: number;
  /** LAMBDA: `/tmp`. */
  readonly storageMiB?: number;
  /** LAMBDA with tenant isolation: memory in GB of the environments that were made. */
  readonly environmentGb?: number;
}

/** USD by what it is for. */
export interface Estimates {
  /** The instance's disk, or the function's `/tmp`. */
  readonly storage: number;
  /** EC2, where it has a public address. */
  readonly publicIpv4: number;
  /** LAMBDA: an environment for each job. */
  readonly tenantIsolation: number;
  readonly logs: number;
  readonly controlPlane: number;
}

const MILLISECONDS_PER_HOUR = 3_600_000;

/** A MicroVM's disk is part of its price. */
const storageOf = ({ provider, ran, diskGiB = 0, storageMiB = 0 }: Used): number => {
  if (provider === "MICROVM") return 0;
  if (provider === "EC2") return (diskGiB * DISK_GIB_MONTH * ran) / (HOURS_A_MONTH * MILLISECONDS_PER_HOUR);
  const paidGb = Math.max(0, storageMiB - FREE_TEMPORARY_MIB) / MIB_PER_GB;
  return (paidGb * TEMPORARY_GB_SECOND * ran) / 1_000;
};

/** What one attempt's runner used besides itself, in USD. */
export const estimatesOf = (used: Used): Estimates => ({
  storage: storageOf(used),
  publicIpv4: used.provider === "EC2" ? (PUBLIC_IPV4_HOUR * used.ran) / MILLISECONDS_PER_HOUR : 0,
  tenantIsolation: (used.environmentGb ?? 0) * ENVIRONMENT_GB,
  logs: LOG_GB * LOG_GB_PRICE,
  controlPlane: CONTROL_PLANE,
});

const NOTHING: Estimates = { storage: 0, publicIpv4: 0, tenantIsolation: 0, logs: 0, controlPlane: 0 };

/** Those of several runners together. */
export const estimatesTogether = (each: readonly Estimates[]): Estimates =>
  each.reduce(
    (sum, one) => ({
      storage: sum.storage + one.storage,
      publicIpv4: sum.publicIpv4 + one.publicIpv4,
      tenantIsolation: sum.tenantIsolation + one.tenantIsolation,
      logs: sum.logs + one.logs,
      controlPlane: sum.controlPlane + one.controlPlane,
    }),
    NOTHING,
  );
