import { defined } from "../../../Core/defined";
import type { Runner } from "../../../Core/model/ledger";
import type { EndSkipCode, RunnerEndCode } from "../../../Core/model/reasons";
import type { Provider } from "../../../Core/model/runner-class";
import type { GitLabJob } from "../ports";
import type { Freed } from "../queue/freed";

/** GitLab's word on a job, as much as an end needs; no name, no tags: it passes through the workflow. */
export type JobFacts = Pick<
  GitLabJob,
  "id" | "projectId" | "status" | "startedAt" | "runnerId" | "failureReason"
>;

export const jobFacts = (job: GitLabJob): JobFacts => ({
  id: job.id,
  projectId: job.projectId,
  status: job.status,
  ...defined({ startedAt: job.startedAt, runnerId: job.runnerId, failureReason: job.failureReason }),
});

/** What "Find runner" hands to "Unregister runner", one a runner. Ids are the ledger's, never the event's. */
export interface EndOrder {
  /** Absent: only the job's attempts are to be closed, there is no runner; or it is an orphan. */
  readonly runnerId?: number;
  /** An instance that is nobody's runner. */
  readonly orphanId?: string;
  readonly reason: RunnerEndCode;
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
   * `unregistered`: its record is gone (or GitLab has been down for half an hour), an EC2 provider may go now.
   * `busy`: it runs a job. `left`: not now, the reconciler comes again. `gone`: nothing is left to do.
   */
  readonly kind: "unregistered" | "busy" | "left" | "absent" | "terminated";
  readonly runnerId?: number;
  readonly resourceId?: string;
  readonly provider?: Provider;
  readonly classKey?: string;
  readonly reason: RunnerEndCode | EndSkipCode;
  /** `busy`: the job that it has. */
  readonly busyJobId?: number;
  /** GitLab confirmed that the record is gone. */
  readonly recordDeleted?: boolean;
  readonly freed?: Freed;
}

/** What a runner runs on and its class; an orphan has neither. */
export const kindOf = (runner: Runner): Pick<EndResult, "provider" | "classKey"> =>
  runner.adopted ? {} : { provider: runner.provider, classKey: runner.classKey };

export interface FoundRunners {
  readonly runners: readonly EndOrder[];
}

export const NO_RUNNERS: FoundRunners = { runners: [] };
