import type { Runner, Time } from "../model/ledger";

const MILLISECONDS_PER_HOUR = 3_600_000;
/** https://aws.amazon.com/ec2/pricing/on-demand/: by the second, and for a minute at least. */
const SECOND = 1_000;
const MIN_INSTANCE_SECONDS = 60;

/** What of a runner decides what it costs. */
export type Costing = Pick<Runner, "provider" | "pricePerHour" | "pricePerRequest" | "times">;

/**
 * Milliseconds that are paid for. Lambda: https://aws.amazon.com/lambda/pricing/: by the millisecond, and a MicroVM by the
 * second.
 */
const paidMilliseconds = (provider: Runner["provider"], ran: number): number => {
  if (provider === "LAMBDA") return Math.ceil(ran);
  const least = provider === "MICROVM" ? 0 : MIN_INSTANCE_SECONDS;
  return Math.max(least, Math.ceil(ran / SECOND)) * SECOND;
};

/**
 * What a runner has cost from its launch to its end, in USD and not rounded: an instance or a function as such. What else
 * the job used is in `estimates.ts`.
 *
 * @returns undefined if its price or the time of its launch is not known
 */
export const costOf = (runner: Costing, endedAt: Time): number | undefined => {
  const { provider, pricePerHour, pricePerRequest = 0, times } = runner;
  if (pricePerHour === undefined || times.LAUNCHED === undefined) return undefined;
  const paid = paidMilliseconds(provider, Math.max(0, endedAt - times.LAUNCHED));
  return (pricePerHour * paid) / MILLISECONDS_PER_HOUR + pricePerRequest;
};
