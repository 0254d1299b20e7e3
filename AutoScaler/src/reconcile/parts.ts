import { defined } from "../../../Core/defined";
import type { FailingParts, PassPart } from "../../../Core/ledger/pass-parts";
import type { Time } from "../../../Core/model/ledger";

/** One failure in one part of a pass. */
export interface PassFailure {
  readonly part: PassPart;
  /** The id of the project, job or runner that failed, if the part handles several. */
  readonly what?: string | number;
  /** The error's name and message. It never contains a token. */
  readonly error: string;
}

/** Runs one part of the pass. If it fails, stores the failure and returns `otherwise`. */
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

/** Failures grouped by part, in the order of each part's first failure. */
export const byPart = (failures: readonly PassFailure[]): ReadonlyMap<PassPart, readonly PassFailure[]> => {
  const groups = new Map<PassPart, PassFailure[]>();
  for (const failure of failures) groups.set(failure.part, [...(groups.get(failure.part) ?? []), failure]);
  return groups;
};

/** The failing parts, as the next pass and `doctor` read them. */
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
