import { setTimeout as sleep } from "node:timers/promises";
import { type Entry, FunctionConcurrency, type Leave } from "../limits/function-concurrency";
import type { MetLimits } from "../limits/met-limits";
import type { CallOutcome } from "./call";

/** How a function is called. An asynchronous call is queued while there is no room, for so long at most. */
export type CallKind =
  | { readonly kind: "synchronous" }
  | { readonly kind: "asynchronous"; readonly maximumAgeSeconds: number };

/** Lambda's default. https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
export const LONGEST_AGE_SECONDS = 21_600;

export const THROTTLED = "TooManyRequestsException";

const throttled: CallOutcome = { error: { errorType: THROTTLED, errorMessage: "Rate Exceeded." } };
const tooOld: CallOutcome = {
  error: { errorType: "EventAgeExceeded", errorMessage: "The event is too old." },
};

/** From one second to five minutes. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const pauseMs = (tries: number): number => Math.min(300_000, 1_000 * 2 ** tries);

/** Runs calls as far as the account's limits let it. */
export type Admit = (
  invocation: CallKind,
  isTenant: boolean,
  run: () => Promise<CallOutcome>,
) => Promise<CallOutcome>;

const unlimited: Admit = (_invocation, _isTenant, run) => run();

const running = async (leave: Leave, run: () => Promise<CallOutcome>): Promise<CallOutcome> => {
  try {
    return await run();
  } finally {
    leave();
  }
};

interface Waiting {
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

const inRealTime: Waiting = {
  now: Date.now,
  pause: (milliseconds) => sleep(milliseconds, undefined, { ref: false }),
};

/**
 * Lambda's admission: a synchronous call beyond the limits is refused, an asynchronous one tried again until it is too
 * old.
 */
export const admission = (account: MetLimits | undefined, { now, pause }: Waiting = inRealTime): Admit => {
  if (account === undefined) return unlimited;
  const concurrency = new FunctionConcurrency(account.limits, now);
  const enter = (isTenant: boolean): Entry => {
    const entry = concurrency.enter(isTenant);
    if ("refusedBy" in entry) account.met(entry.refusedBy);
    return entry;
  };
  return async (invocation, isTenant, run) => {
    const since = now();
    for (let tries = 0; ; tries += 1) {
      const entry = enter(isTenant);
      if ("leave" in entry) return running(entry.leave, run);
      if (invocation.kind === "synchronous") return throttled;
      if (now() + pauseMs(tries) - since > invocation.maximumAgeSeconds * 1_000) return tooOld;
      await pause(pauseMs(tries));
    }
  };
};
