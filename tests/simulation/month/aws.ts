import type { Time } from "../../../Core/model/ledger";

/** The side of AWS in a simulated month: what was launched, from when to when, at which price. It knows no ledger. */

/** USD an hour. */
const ON_DEMAND = [0.0336, 0.0816, 0.1632, 0.0725];
const SPOT = [0.0101, 0.0267, 0.0514];
const FUNCTION_HOUR = [0.0480001, 0.12, 0.481];

/** By the baseline of 0.5, 2 and 8 GB. */
const MICROVM_HOUR = [0.0315, 0.1261, 0.5044];
/** USD for the launch of one: 0.00155 for each GB of its snapshot, of which each here has two. */
const MICROVM_LAUNCH = 0.0031;

export const MARKETS = ["on-demand", "spot", "lambda", "microvm"] as const;
export type MonthMarket = (typeof MARKETS)[number];

const PRICES: Readonly<Record<MonthMarket, readonly number[]>> = {
  "on-demand": ON_DEMAND,
  spot: SPOT,
  lambda: FUNCTION_HOUR,
  microvm: MICROVM_HOUR,
};

/** USD for each launch. */
export const launchFee = (market: MonthMarket): number => (market === "microvm" ? MICROVM_LAUNCH : 0);

/** An instance, an invocation of a function, or a MicroVM. */
export interface MonthResource {
  readonly id: string;
  readonly market: MonthMarket;
  readonly projectId: number;
  readonly perHour: number;
  readonly launchedAt: Time;
  endedAt?: Time;
  /** A job ran on it. */
  ranJob: boolean;
}

const RESOURCES: Readonly<Record<MonthMarket, string>> = {
  "on-demand": "i",
  spot: "i",
  lambda: "request",
  microvm: "microvm",
};

const HOUR_MILLISECONDS = 3_600_000;

/**
 * As AWS bills: an instance by the second, of which all here last more than the least of 60; a MicroVM by the second and for its launch; a
 * function by the millisecond.
 */
export const billOf = ({ market, perHour, launchedAt, endedAt = launchedAt }: MonthResource): number => {
  const ran = endedAt - launchedAt;
  const billed = market === "lambda" ? ran : Math.ceil(ran / 1_000) * 1_000;
  return (perHour * billed) / HOUR_MILLISECONDS + launchFee(market);
};

/** What there is in the account. */
export class MonthAws {
  readonly resources = new Map<string, MonthResource>();

  launch(market: MonthMarket, projectId: number, launchedAt: Time, dice: number): MonthResource {
    const prices = PRICES[market];
    const perHour = prices[Math.floor(dice * prices.length)] ?? 0;
    const id = `${RESOURCES[market]}-${this.resources.size}`;
    const resource = { id, market, projectId, perHour, launchedAt, ranJob: false };
    this.resources.set(id, resource);
    return resource;
  }

  end(id: string, at: Time): void {
    const resource = this.resources.get(id);
    if (resource !== undefined) resource.endedAt ??= at;
  }

  /** What ended between two times, of some kind. */
  bill(from: Time, to: Time, isMeant: (resource: MonthResource) => boolean = () => true): number {
    return this.ended(from, to)
      .filter(isMeant)
      .reduce((sum, resource) => sum + billOf(resource), 0);
  }

  ended(from: Time, to: Time): readonly MonthResource[] {
    return [...this.resources.values()].filter(
      ({ endedAt }) => endedAt !== undefined && endedAt >= from && endedAt < to,
    );
  }
}
