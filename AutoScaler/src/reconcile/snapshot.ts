import type { Attempt, OrderedAttempt, OrphanInstance, Runner, Time } from "../../../Core/model/ledger";
import type { GitLabJob, Instance, OurEvent } from "../ports";

export { lastChange } from "../../../Core/model/ledger";
export { isRecent } from "../../../Core/queue/retry-schedule";

/** What the reconciler sees: the ledger's open items, GitLab's open jobs, our instances. */
export interface Snapshot {
  readonly now: Time;
  /** Open attempts, WAITING ones apart. */
  readonly attempts: readonly Attempt[];
  readonly runners: readonly Runner[];
  /** Instances that were adopted and are not gone. */
  readonly orphans: readonly OrphanInstance[];
  readonly waiting: readonly OrderedAttempt[];
  /** Pending and running jobs of the projects that were asked. */
  readonly jobs: ReadonlyMap<number, GitLabJob>;
  /** Projects whose list is whole: only there a missing job is worth a question. */
  readonly listed: ReadonlySet<number>;
  /** Projects with more open jobs than one pass lists: there a missing job proves less, and is asked for late. */
  readonly partial: ReadonlySet<number>;
  /** Undefined: the list failed, nothing is concluded from it. */
  readonly instances: ReadonlyMap<string, Instance> | undefined;
  /** What the pass before saw first. */
  readonly seen: ReadonlySet<string>;
}

/** What the reconciler found, as it goes on the bus. */
export interface Discrepancy {
  readonly kind: "pending" | "running" | "ended" | "runner-ended";
  readonly event: OurEvent;
  /** A job that no webhook told of. */
  readonly isNew?: boolean;
  /** Whose event is noted first, so that the next pass knows that it is under way. */
  readonly dispatches?: Attempt;
}
