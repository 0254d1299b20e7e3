import { STACK } from "../../../Core/ledger/keys";
import type { Ledger } from "../ports";

/** A start calls two functions, each for some tenth of a second once it is warm. */
const STARTS_A_SECOND_AND_FUNCTION = 4;
/** Of all pauses together: the ends that the pass finds wait for it. */
const LONGEST_MILLISECONDS = 10_000;

/**
 * Milliseconds between two portions of starts, so that an account of ten concurrent executions has a function free for
 * nearly each: all put at once, most are refused, and who is refused for half a minute is left to the next pass. At 1,000
 * it is a few milliseconds.
 *
 * @param starts that the pass puts on the bus
 * @param portion starts that it puts there together
 */
export const pauseBetweenStarts = async (
  ledger: Pick<Ledger, "slots">,
  starts: number,
  portion: number,
): Promise<number> => {
  const pauses = Math.ceil(starts / portion) - 1;
  if (pauses <= 0) return 0;
  // Beside so many Lambda runners at least as many functions find room, see lambdaRunnersAt.
  const { limit: room } = await ledger.slots(STACK);
  if (room === undefined) return 0;
  const perSecond = STARTS_A_SECOND_AND_FUNCTION * room;
  return Math.floor(Math.min((portion / perSecond) * 1_000, LONGEST_MILLISECONDS / pauses));
};
