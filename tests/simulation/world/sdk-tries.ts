import type { Calls, ErrorOf, Process } from "./calls";
import type { Random } from "./random";
import { withoutStack } from "./without-stack";

/** Tries of the SDK's clients. */
const TRIES = 3;

/** A call that a quota may refuse. */
export interface LimitedCall<Answer> {
  readonly name: string;
  /** Undefined: AWS refuses it for its rate. */
  readonly effect: () => { readonly answer: Answer } | undefined;
  /** What the client throws at last. */
  readonly refusal: () => Error;
  readonly errorOf?: ErrorOf;
  /** Longest pause after the first refusal in milliseconds, doubled each time; by default the SDK's for throttled calls. */
  readonly firstPause?: number;
}

/** A call as the SDK makes it: refused for its rate it is tried again. A planned fault is told at once, as one that lasts. */
export const withSdkTries = async <Answer>(
  calls: Calls,
  random: Random,
  process: Process,
  { name, effect, refusal, errorOf, firstPause = 500 }: LimitedCall<Answer>,
): Promise<Answer> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await calls.make(process, name, effect, errorOf);
    if (found !== undefined) return found.answer;
    if (tries < TRIES - 1) await calls.sleep(process, random.between(0, firstPause * 2 ** tries));
  }
  throw withoutStack(refusal);
};
