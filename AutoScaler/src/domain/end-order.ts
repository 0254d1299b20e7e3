import type { Carrier } from "../../../Core/runner-class";
import type { GitLabJob } from "./ports";

/** GitLab's word on a job, as much as an end needs; no name, no tags: it passes through the workflow. */
export type JobFacts = Pick<GitLabJob, "id" | "projectId" | "status" | "startedAt" | "runnerId">;

export const jobFacts = ({ id, projectId, status, startedAt, runnerId }: GitLabJob): JobFacts => ({
  id,
  projectId,
  status,
  ...(startedAt === undefined ? {} : { startedAt }),
  ...(runnerId === undefined ? {} : { runnerId }),
});

/** What "Find runner" hands to "Unregister runner", one a runner. Ids are the ledger's, never the event's. */
export interface EndOrder {
  /** Absent: only the job's attempts are to be closed, there is no runner. */
  readonly runnerId?: number;
  readonly reason: string;
  /** EC2 says `terminated` or `stopped`: no confirmation is needed (trace 7). */
  readonly isDead: boolean;
  /** The job that ended. */
  readonly endedJob?: JobFacts;
  /** The job that the runner is there for, as GitLab has it now. Absent: unknown. */
  readonly ownJob?: JobFacts;
}

/** What "Unregister runner" and "Terminate instance" return. */
export interface EndResult {
  /**
   * `unregistered`: its record is gone (or GitLab has been down for half an hour), an EC2 carrier may go now.
   * `busy`: it runs a job. `left`: not now, the sweep comes again. `gone`: nothing is left to do.
   */
  readonly kind: "unregistered" | "busy" | "left" | "gone" | "terminated";
  readonly runnerId?: number;
  readonly resourceId?: string;
  readonly carrier?: Carrier;
  readonly classKey?: string;
  readonly reason: string;
  /** GitLab confirmed that the record is gone. */
  readonly recordDeleted?: boolean;
  /** The class whose oldest waiting job may start now. */
  readonly placeFreed?: string;
}

export interface FoundRunners {
  readonly runners: readonly EndOrder[];
}
