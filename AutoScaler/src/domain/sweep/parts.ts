import type { Time } from "../../../../Core/ledger";

/** What one pass consists of. Each part fails alone; log, metric and `doctor` name it by its code (I-24). */
export const PASS_PARTS = [
  /** Which projects there are: the mapping's, those whose jobs were seen, those that the token is a member of. */
  "mapping-projects",
  "seen-projects",
  "membership",
  /** The open jobs of one project. */
  "project",
  /** A job that is in no list. */
  "single-job",
  /** The list of EC2's instances, and of GitLab's runner records. */
  "instances",
  "records",
  /** One attempt, runner or pending job, compared with what GitLab and AWS say. */
  "attempt",
  "deleted-job",
  "runner",
  "pending-job",
  "waiting-line",
  /** What has our mark and is in no ledger. */
  "adoption",
  /** Putting what was found on the bus. */
  "events",
] as const;
export type PassPart = (typeof PASS_PARTS)[number];

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
      failures.push({ part, ...(what === undefined ? {} : { what }), error: errorText(error) });
      return otherwise;
    }
  };

/** Failures by their part, in the order in which the parts failed first. */
export const byPart = (failures: readonly PassFailure[]): ReadonlyMap<PassPart, readonly PassFailure[]> => {
  const groups = new Map<PassPart, PassFailure[]>();
  for (const failure of failures) groups.set(failure.part, [...(groups.get(failure.part) ?? []), failure]);
  return groups;
};

/** A part that failed in the last pass: since which pass in a row, and how. */
export interface FailingPart {
  readonly since: Time;
  readonly error: string;
}

export type FailingParts = Readonly<Record<string, FailingPart>>;

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
