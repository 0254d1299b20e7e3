import { defined } from "../../../Core/defined";
import type { Time } from "../../../Core/model/ledger";
import type { Provider } from "../../../Core/model/runner-class";
import type { Dependencies } from "../dependencies";
import {
  isHeld,
  isLimited,
  LAUNCH_RATE_RECORDS,
  type LaunchRate,
  type LimitedProvider,
  readLaunchRate,
} from "./launch-rate";

/**
 * Reservations for launch calls. They model the token bucket of EC2, or of Lambda for MicroVMs, so that calls it would
 * refuse are not made (F-33). They bound the calls made before a burst's first refusal, and space the later ones.
 */
export type ReservationDependencies = Pick<Dependencies, "ledger" | "clock">;

export interface Reservation {
  /**
   * How many jobs the start dispatches after its call. The job had to wait, so others wait too: one. It waited for less
   * than a second, so EC2 takes more calls than are made: two. So those make up for starts that fail on the way.
   */
  readonly passesOn: 0 | 1 | 2;
  /** Of a job that was held and found a reservation free: from now on it counts as dispatched. */
  readonly dispatchedAt?: Time;
  /** Since when the start waited for it. Absent: it had not to wait. */
  readonly pausedSince?: Time;
}

/**
 * Calls per second while none is refused. EC2: it bounds the part of a burst that it can refuse at first. MicroVMs: their quota
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), which lets five be made at once.
 */
const UNKNOWN_PER_SECOND: Readonly<Record<LimitedProvider, number>> = { EC2: 50, MICROVM: 5 };

/** Calls for this time may be made at once. */
const BURST_MILLISECONDS = 1_000;

/** A start that would wait longer puts its job into the queue before it creates the runner. */
const TIMEOUT_MILLISECONDS = 5_000;

/** A provider's rate, as the ledger has it. */
interface Rate {
  readonly provider: LimitedProvider;
  readonly launchRate: LaunchRate | undefined;
}

const perSecond = ({ provider, launchRate }: Rate): number =>
  launchRate?.perSecond ?? UNKNOWN_PER_SECOND[provider];

/** How many jobs get a reservation when they are dispatched together. */
export const reservationsAtOnce = (rate: Rate): number =>
  Math.ceil((perSecond(rate) * (BURST_MILLISECONDS + TIMEOUT_MILLISECONDS)) / 1_000);

/** A launch rate has reservations of its own: those made before the first refusal are too close together. */
const rowOf = ({ provider, launchRate }: Rate): string =>
  launchRate === undefined ? provider.toLowerCase() : LAUNCH_RATE_RECORDS[provider];

const gapOf = (rate: Rate): number => Math.ceil(1_000 / perSecond(rate));

/** Reservations of the last second that nobody took may be taken now. */
const firstMoment = (now: Time, gap: number): Time => Math.min(now, now - BURST_MILLISECONDS + gap);

const passesOn = (pause: number, dispatchedAt: Time | undefined): Reservation["passesOn"] => {
  if (pause === 0 && dispatchedAt === undefined) return 0;
  return pause < BURST_MILLISECONDS ? 2 : 1;
};

/**
 * A held job takes a reservation that is free at this moment: nobody else is being dispatched for it. It dispatches two
 * of those that wait, so that they do not wait for the next pass where the chain of dispatches broke. Not right after a
 * refusal, when EC2 has nothing to give.
 */
const reserveUnused = async (
  { ledger, clock }: ReservationDependencies,
  rate: Rate,
): Promise<Reservation | undefined> => {
  const now = clock.now();
  if (now - (rate.launchRate?.lastRefusedAt ?? 0) < TIMEOUT_MILLISECONDS) return undefined;
  const gap = gapOf(rate);
  const moment = await ledger.reserve(rowOf(rate), { gap, from: firstMoment(now, gap), until: now });
  return moment === undefined ? undefined : { passesOn: 2, dispatchedAt: now };
};

const reserveAtRate = async (
  { ledger, clock }: ReservationDependencies,
  provider: LimitedProvider,
  dispatchedAt: Time | undefined,
): Promise<Reservation | undefined> => {
  const { launchRate } = await readLaunchRate(ledger, provider);
  const rate = { provider, launchRate };
  if (isHeld(launchRate, dispatchedAt)) return reserveUnused({ ledger, clock }, rate);
  const now = clock.now();
  const gap = gapOf(rate);
  const window = { gap, from: firstMoment(now, gap), until: now + TIMEOUT_MILLISECONDS };
  const moment = await ledger.reserve(rowOf(rate), window);
  if (moment === undefined) return undefined;
  const pause = Math.max(0, moment - now);
  if (pause > 0) await clock.sleep(pause);
  const isLate = pause > 0 && isHeld((await readLaunchRate(ledger, provider)).launchRate, dispatchedAt);
  const pausedSince = pause > 0 ? now : undefined;
  return isLate ? undefined : { passesOn: passesOn(pause, dispatchedAt), ...defined({ pausedSince }) };
};

/**
 * Waits for the time at which the launch call may be made. Lambda needs no reservation.
 *
 * @param dispatchedAt when the job was last dispatched
 * @returns undefined if there is no reservation within five seconds, or if calls have begun to be refused
 */
export const reserveLaunch = async (
  dependencies: ReservationDependencies,
  provider: Provider,
  dispatchedAt: Time | undefined,
): Promise<Reservation | undefined> =>
  isLimited(provider) ? reserveAtRate(dependencies, provider, dispatchedAt) : { passesOn: 0 };
