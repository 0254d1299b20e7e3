import fc from "fast-check";
import { seedOfTheDay } from "./seed-of-the-day";

/** A found case as text, to be kept in regressions.json. */
const caseOf = (counterexample: unknown): string => JSON.stringify(counterexample);

/**
 * Checks a property on random cases with today's seed, which it prints. It ends at the first case that fails, and
 * prints that as it is.
 */
export const assertRuns = async <Case>(
  what: string,
  property: fc.IRawProperty<Case, true>,
  numRuns: number,
): Promise<void> => {
  const seed = seedOfTheDay();
  const details = await fc.check(property, { seed, numRuns, endOnFailure: true });
  process.stderr.write(`${what}: ${details.numRuns} runs with seed ${seed}\n`);
  if (details.failed)
    throw new Error(
      `${await fc.asyncDefaultReportMessage(details)}\nKeep it: ${caseOf(details.counterexample)}`,
    );
  expect([details.numRuns, details.seed]).toEqual([numRuns, seed]);
};
