import type { Ledger } from "../../../AutoScaler/src/ports";
import { TransientError } from "../../../Core/errors";
import type { Random } from "../world/random";

/** A ledger of whose commits some are lost, before they have an effect or after. */
export const faultyLedger = <Of extends Ledger>(ledger: Of, dice: Random, share: number): Of => ({
  ...ledger,
  commit: async (changes) => {
    if (dice.chance(share)) throw new TransientError("The commit was lost");
    const done = await ledger.commit(changes);
    if (dice.chance(share)) throw new TransientError("The commit's answer was lost");
    return done;
  },
});

const TRIES = 20;

/** As a workflow's retry does, and sometimes although it was done. */
export const repeated = async <Answer>(dice: Random, step: () => Promise<Answer>): Promise<Answer> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const answer = await step();
      if (dice.chance(0.05)) await step().catch(() => undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
    }
  }
  throw new Error("A step failed twenty times");
};
