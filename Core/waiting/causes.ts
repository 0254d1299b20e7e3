import type { Time } from "../model/ledger-items";
import type { LaunchHoldCode, WaitingFor } from "../model/reasons";

/**
 * Why a job waits, from pending to running. docs/waiting.md says of each what it contains and what to do. The order is that
 * in which a job meets them, and in which a bar shows them.
 */
export const WAIT_CAUSES = [
  /** Until its event reached us: GitLab sent its webhook late, or not at all and the reconciler found the job. */
  "webhook",
  /** Our own work: the event's way to a function, look-up, claim, runner's record, launch call. */
  "start",
  /** New starts are paused. */
  "paused",
  /** Its project's budget is used up. */
  "budget",
  /** A slot under the concurrency limits. */
  "slot",
  /** AWS accepts only so many launches a second. */
  "launch-rate",
  /** AWS launched nothing: no capacity, a quota, or no answer. */
  "capacity",
  /** GitLab asked us to wait (429). */
  "throttled",
  /** GitLab did not answer. */
  "gitlab",
  /** An earlier attempt failed: all of its start, and the wait for the next one. */
  "failed",
  /** From the launch until the machine works: Lambda's or EC2's part, the image's start, gitlab-runner's. */
  "boot",
  /** The machine installed what its image lacks. */
  "install",
  /** From the runner's first request until GitLab gave it the job. */
  "assignment",
  /** GitLab gave its runner to another job: from then on, whatever the replacement took. */
  "exchange",
  /** None of these, or one that a newer version stored. */
  "other",
] as const;
export type WaitCause = (typeof WAIT_CAUSES)[number];

/** From this time on the job waits for this. Until the first mark it waits for its webhook. */
export interface WaitMark {
  readonly cause: WaitCause;
  readonly at: Time;
}

/** Milliseconds by cause; without those that took none. */
export type Waits = Readonly<Partial<Record<WaitCause, number>>>;

export const CAUSE_OF_QUEUE: Readonly<Record<WaitingFor, WaitCause>> = {
  slot: "slot",
  "starts-on": "paused",
  "launch-rate": "launch-rate",
  gitlab: "throttled",
  budget: "budget",
};

export const CAUSE_OF_HOLD: Readonly<Record<LaunchHoldCode, WaitCause>> = {
  capacity: "capacity",
  limit: "capacity",
  rate: "launch-rate",
  "not-ready": "capacity",
  "spot-role": "capacity",
  other: "capacity",
  "no-answer": "capacity",
};
