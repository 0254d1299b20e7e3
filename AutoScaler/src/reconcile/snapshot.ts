import type { QueuedProject } from "../../../Core/ledger/queues";
import type { Attempt, OrderedAttempt, OrphanInstance, Runner, Time } from "../../../Core/model/ledger";
import type { GitLabJob, Instance, OurEvent } from "../ports";

export { lastChange } from "../../../Core/model/ledger";
export { isRecent, isWithin } from "../../../Core/queue/retry-schedule";

/** What the reconciler reads: the ledger's open items, GitLab's open jobs, and our instances. */
export interface Snapshot {
  readonly now: Time;
  /** When GitLab's lists had been read; `now` is later where a pass looks again. */
  readonly readAt: Time;
  /** Open attempts, without the WAITING ones. */
  readonly attempts: readonly Attempt[];
  readonly runners: readonly Runner[];
  /** Adopted instances that are not gone. */
  readonly orphans: readonly OrphanInstance[];
  readonly waiting: readonly OrderedAttempt[];
  /** The projects that have queues, whoever has waited longest first. */
  readonly queued: readonly QueuedProject[];
  /** Of these projects nobody knows who waits: their queues could not be read. */
  readonly unreadQueues: ReadonlySet<number>;
  /** Pending and running jobs of the projects that were asked. */
  readonly jobs: ReadonlyMap<number, GitLabJob>;
  /** Projects whose list is complete: only here a missing job is worth a call. */
  readonly listed: ReadonlySet<number>;
  /** Projects whose list is incomplete: a missing job proves less here, and is asked for later. */
  readonly partial: ReadonlySet<number>;
  /** Undefined: the list failed, and nothing is concluded from it. */
  readonly instances: ReadonlyMap<string, Instance> | undefined;
  /** Keys that the last pass stored. */
  readonly seen: ReadonlySet<string>;
}

/** A missing event, as the reconciler puts it on the bus. */
export interface Discrepancy {
  readonly kind: "pending" | "running" | "ended" | "runner-ended";
  readonly event: OurEvent;
  /** True for a job that no webhook reported. */
  readonly isNew?: boolean;
  /** The attempt on which the dispatch is stored first, so that the next pass sees it is under way. */
  readonly dispatches?: Attempt;
}
