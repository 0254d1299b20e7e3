import type { Time } from "../model/ledger";

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
  "queue",
  /** What has our mark and is in no ledger. */
  "adoption",
  /** Putting what was found on the bus. */
  "events",
] as const;
export type PassPart = (typeof PASS_PARTS)[number];

/** A part that failed in the last pass: since which pass in a row, and how. */
export interface FailingPart {
  readonly since: Time;
  readonly error: string;
}

export type FailingParts = Readonly<Record<string, FailingPart>>;
