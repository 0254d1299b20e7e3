import { defined } from "../../../Core/defined";
import type { FailingParts, PassPart } from "../../../Core/ledger/pass-parts";
import type { Time } from "../../../Core/model/ledger";

/** One thing that went wrong in one part. */
export interface PassFailure {
  readonly part: PassPart;
  /** The id of the project, job or runner, where the part has many. */
  readonly what?: string | number;
  /** The error's name and message; never with a token. */
  readonly error: string;
}

/** Runs a part; one that fails is noted, and the pass goes on with `otherwise`. */
export type Part = <Result>(
  part: PassPart,
  otherwise: Result,
  run: () => Promise<Result>,
  what?: string | number,
) => Promise<Result>;

const LONGEST_ERROR = 200;

const errorText = (error: unknown): string => {
  const [kind, message] = error instanceof Error ? [error.name, error.message] : ["Error", ""];
  return `${kind} ${message}`.trim().slice(0, LONGEST_ERROR);
};

export const parts =
  (failures: PassFailure[]): Part =>
  async (part, otherwise, run, what) => {
    try {
      return await run();
    } catch (error) {
      failures.push({ part, ...defined({ what }), error: errorText(error) });
      return otherwise;
    }
  };

/** Failures by their part, in the order in which the parts failed first. */
export const byPart = (failures: readonly PassFailure[]): ReadonlyMap<PassPart, readonly PassFailure[]> => {
  const groups = new Map<PassPart, PassFailure[]>();
  for (const failure of failures) groups.set(failure.part, [...(groups.get(failure.part) ?? []), failure]);
  return groups;
};

/** What the next pass, and `doctor`, know of the parts that failed in this one. */
export const failingParts = (
  before: FailingParts,
  failures: readonly PassFailure[],
  now: Time,
): FailingParts =>
  Object.fromEntries(
    [...byPart(failures)].map(([part, [first]]) => [
      part,
      { since: before[part]?.since ?? now, error: first?.error ?? "" },
    ]),
  );
