import type { Time } from "../model/ledger";

/** The parts of a pass. Each can fail alone; log, metric and `doctor` name it by its code (I-24). */
export const PASS_PARTS = [
  /** The mapping's settings row: limits, and which projects are served. */
  "settings",
  /** Which projects there are: those of the mapping, of jobs seen lately, and of the token's memberships. */
  "mapping-projects",
  "seen-projects",
  "membership",
  /** The open jobs of one project. */
  "project",
  /** A job that is in no list. */
  "single-job",
  /** The list of EC2's instances, and of GitLab's runner records. */
  "instances",
  /** The list of MicroVMs. */
  "microvms",
  "records",
  /** One attempt, runner or pending job, compared with GitLab and AWS. */
  "attempt",
  "deleted-job",
  "runner",
  "pending-job",
  /** How many Lambda runners the account's concurrency allows. */
  "account",
  "queue",
  /** Which spot pools rest, for the metric. */
  "spot-pools",
  /** What there is at this moment, for the metrics. */
  "levels",
  /** Whether the project of a waiting job is still served. */
  "served",
  /** Adopting runners and instances with our mark that the ledger does not know. */
  "adoption",
  /** Putting the events on the bus. */
  "events",
] as const;
export type PassPart = (typeof PASS_PARTS)[number];

/** A part that failed in the last pass: since when it has failed in every pass, and its error. */
export interface FailingPart {
  readonly since: Time;
  readonly error: string;
}

export type FailingParts = Readonly<Record<string, FailingPart>>;
