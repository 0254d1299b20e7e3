import { type End, NOTHING_TO_END } from "./conservation";

const HANDLED = { kind: "handled" } as const;

/** What a look-up, a report or a pick-up answers where it leads to nothing. */
interface Skipped {
  readonly kind: string;
  readonly reason?: string;
}

const ignored = ({ reason = "" }: Skipped): End => ({ kind: "ignored", reason });

/** How a workflow's output says that its event ended. */
export const endOfOutput = (output: unknown): End => {
  const { lookup, outcome, report, found } = (output ?? {}) as {
    readonly lookup?: Skipped;
    readonly outcome?: Skipped;
    readonly report?: Skipped;
    readonly found?: { readonly runners: readonly unknown[] };
  };
  if (lookup?.kind === "nothing") return ignored(lookup);
  if (outcome?.kind === "nothing") return ignored(outcome);
  if (report?.kind === "dropped") return ignored(report);
  return found?.runners.length === 0 ? { kind: "ignored", reason: NOTHING_TO_END } : HANDLED;
};

/** The same of the function that stores pick-ups. */
export const endOfPickUp = (answer: unknown): End => {
  const pickUp = answer as Skipped;
  return pickUp.kind === "nothing" ? ignored(pickUp) : HANDLED;
};
