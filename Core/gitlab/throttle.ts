import { ThrottledError } from "../errors";
import type { Time } from "../model/ledger";
import type { HttpAnswer, HttpRequest } from "./http-exchange";

/** The period of GitLab's rate limits. Used for an answer that names no time. */
const DEFAULT_SECONDS = 60;

/** The longest wait that is kept, whatever GitLab asks for: its limits are per minute. */
const MAX_THROTTLE_SECONDS = 3_600;

export interface ThrottleClock {
  now(): Time;
  sleep(milliseconds: number): Promise<void>;
}

/** Kind of call → when it may be made again. All calls of a process share it. */
export type Throttles = Map<string, Time>;

/** The kind of a call. GitLab limits each kind separately; the ids in the path do not matter. */
const kindOf = ({
  method,
  path,
}: {
  readonly method: HttpRequest["method"];
  readonly path: string;
}): string => `${method} ${path.replace(/\?.*/, "").replace(/\d+/g, ":id")}`;

const secondsFrom = (answer: HttpAnswer, until: number): number | undefined => {
  const from = Date.parse(answer.header("date") ?? "");
  const seconds = Math.ceil((until - from) / 1_000);
  return seconds > 0 ? seconds : undefined;
};

/** Seconds to wait. A date is compared with the answer's own date, never with our clock (I-33). */
const retryAfter = (answer: HttpAnswer): number | undefined => {
  const value = answer.header("retry-after") ?? "";
  if (/^\d{1,9}$/.test(value)) return Number(value);
  return secondsFrom(answer, Date.parse(value));
};

/** Seconds since 1970. https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/ */
const rateLimitReset = (answer: HttpAnswer): number | undefined => {
  const value = answer.header("ratelimit-reset") ?? "";
  return /^\d{1,12}$/.test(value) ? secondsFrom(answer, Number(value) * 1_000) : undefined;
};

/** Seconds that an answer asks us to wait. Undefined: it names no time. */
export const waitOf = (answer: HttpAnswer): number | undefined =>
  retryAfter(answer) ?? rateLimitReset(answer);

type Call = Parameters<typeof kindOf>[0];

/** Seconds, rounded up, until a call of the kind may be made; 0: now. */
const secondsLeft = (throttles: Throttles, call: Call, now: Time): number => {
  const left = Math.ceil(((throttles.get(kindOf(call)) ?? 0) - now) / 1_000);
  return left > MAX_THROTTLE_SECONDS ? 0 : Math.max(0, left);
};

const throttled = (call: Call, seconds: number): ThrottledError =>
  new ThrottledError(`${kindOf(call)}: 429, GitLab is not to be asked again for ${seconds} s`, seconds);

/**
 * Waits until the call may be made, if that is soon.
 *
 * @throws ThrottledError if it is not
 */
export const waitUntilAllowed = async (
  throttles: Throttles,
  call: Call,
  clock: ThrottleClock,
  longestWaitSeconds: number,
): Promise<void> => {
  const seconds = secondsLeft(throttles, call, clock.now());
  if (seconds > longestWaitSeconds) throw throttled(call, seconds);
  if (seconds > 0) await clock.sleep(seconds * 1_000);
};

/** Keeps the time that a 429 names for later calls. */
export const recordThrottle = (
  throttles: Throttles,
  call: Call,
  answer: HttpAnswer,
  now: Time,
): ThrottledError => {
  const seconds = Math.min(waitOf(answer) ?? DEFAULT_SECONDS, MAX_THROTTLE_SECONDS);
  throttles.set(kindOf(call), now + seconds * 1_000);
  return throttled(call, seconds);
};
