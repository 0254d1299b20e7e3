/** Something that a job's log lacks, and what to do about it. */
export interface LogNote {
  readonly code: "missing" | "not-allowed" | "not-all" | "unknown-job";
  /** What it is about, e.g. the name of a log group. */
  readonly about: string;
  /** A sentence without its full stop. */
  readonly remedy: string;
}

const WORDS: Readonly<Record<LogNote["code"], string>> = {
  missing: "is not there",
  "not-allowed": "may not be read",
  "not-all": "was not read to its end",
  "unknown-job": "is not in the ledger",
};

export const noteText = ({ code, about, remedy }: LogNote): string => `${about} ${WORDS[code]}. ${remedy}.`;
