import { TransientError } from "../../../Core/errors";
import type { Time } from "../../../Core/model/ledger";
import type { RoutingSettings } from "../../../Core/routing/routing";
import { budget } from "./budget";
import type { ReconcilerDependencies } from "./context";
import { lookAgain } from "./look-again";
import { type FinishedPass, type Minute, runPass } from "./pass";
import { type PassReport, together } from "./report";

/** Calls for single jobs in a minute. With the lists of three passes they stay below the 600 that GitLab allows a user. */
const SINGLE_CALLS = 200;
/** Time for calls to GitLab, of the function's 55 seconds. */
const ASKS_FOR_MILLISECONDS = 35_000;
/** Time for all reads. The rest of the 55 seconds is for putting events. */
const READS_FOR_MILLISECONDS = 43_000;
/** Passes in a minute: the next one lists the projects for which the one before had no calls left. */
const MAX_PASSES = 3;
/** Another pass begins no later than this: it would end too late to be of use. */
const BEGINS_WITHIN_MILLISECONDS = 20_000;

/** Tries of a pass that fails as a whole, and the pause before the next, in milliseconds. */
const MAX_TRIES = 3;
const AGAIN_AFTER_MILLISECONDS = 2_000;

/** One call that fails, of the first reads or of the lease, would leave everybody to the next minute's pass (F-50). */
const runPassAgain = async (
  dependencies: ReconcilerDependencies,
  settings: RoutingSettings,
  minute: Minute,
  beginsUntil: Time,
  tries = 1,
): Promise<FinishedPass | undefined> => {
  try {
    return await runPass(dependencies, settings, minute);
  } catch (error) {
    const isOver = tries >= MAX_TRIES || dependencies.clock.now() >= beginsUntil;
    if (!(error instanceof TransientError) || isOver) throw error;
    await dependencies.clock.sleep(AGAIN_AFTER_MILLISECONDS);
    const again = await runPassAgain(dependencies, settings, minute, beginsUntil, tries + 1);
    // The lease is still its own: it could not be released.
    if (again === undefined) throw error;
    return again;
  }
};

const passesOf = async (
  dependencies: ReconcilerDependencies,
  settings: RoutingSettings,
): Promise<readonly FinishedPass[]> => {
  const { clock } = dependencies;
  const begin = clock.now();
  const asksUntil = begin + ASKS_FOR_MILLISECONDS;
  const readsUntil = begin + READS_FOR_MILLISECONDS;
  const singleCalls = budget(clock, SINGLE_CALLS, asksUntil);
  const passes: FinishedPass[] = [];
  const goesOn = (): boolean =>
    passes.length === 0 ||
    (passes.length < MAX_PASSES &&
      passes.at(-1)?.isOutOfCalls === true &&
      clock.now() - begin < BEGINS_WITHIN_MILLISECONDS);
  while (goesOn()) {
    const listed = new Set(passes.flatMap((pass) => pass.listed));
    const minute = { singleCalls, asksUntil, readsUntil, listed };
    const pass = await runPassAgain(dependencies, settings, minute, begin + BEGINS_WITHIN_MILLISECONDS);
    if (pass === undefined) return passes;
    passes.push(pass);
  }
  return passes;
};

/**
 * Compares GitLab, the ledger and AWS, and puts the missing events on the bus. It starts and ends nothing
 * itself. Runners and instances with our mark that no ledger item names get one first, after a grace time.
 *
 * @param settings of the mapping: they tell our pending jobs from those of others
 */
export const reconcile = async (
  dependencies: ReconcilerDependencies,
  settings: RoutingSettings,
): Promise<PassReport> => {
  const passes = await passesOf(dependencies, settings);
  if (passes.length === 0) return { kind: "skipped" };
  const again = await lookAgain(passes.map(({ context }) => context));
  return together([...passes.map(({ report }) => report), ...(again ? [again] : [])]);
};
