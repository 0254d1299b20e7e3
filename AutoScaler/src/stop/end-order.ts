import { defined } from "../../../Core/defined";
import type { BusEntry } from "../../../Core/events/bus-entry";
import { isMicroVmId } from "../../../Core/microvm/image";
import type { Runner } from "../../../Core/model/ledger";
import type { EndSkipCode, RunnerEndCode } from "../../../Core/model/reasons";
import type { Provider } from "../../../Core/model/runner-class";
import type { GitLabJob } from "../ports";
import type { Freed } from "../queue/freed";

/** The fields of a GitLab job that an end needs. Name and tags stay out: this goes through the workflow. */
export type JobFacts = Pick<
  GitLabJob,
  | "id"
  | "projectId"
  | "status"
  | "queuedSeconds"
  | "startedAt"
  | "runnerId"
  | "runnerSeenAt"
  | "runnerSystemId"
  | "failureReason"
>;

export const jobFacts = (job: GitLabJob): JobFacts => ({
  id: job.id,
  projectId: job.projectId,
  status: job.status,
  ...defined({
    queuedSeconds: job.queuedSeconds,
    startedAt: job.startedAt,
    runnerId: job.runnerId,
    runnerSeenAt: job.runnerSeenAt,
    runnerSystemId: job.runnerSystemId,
    failureReason: job.failureReason,
  }),
});

/** "Find runner" hands one of these per runner to "Unregister runner". Ids come from the ledger. */
export interface EndOrder {
  /** Absent: an orphan, or a job without a runner whose attempts are to be closed. */
  readonly runnerId?: number;
  /** An instance that belongs to no runner in the ledger. */
  readonly orphanId?: string;
  readonly reason: RunnerEndCode;
  /** EC2 shows `terminated` or `stopped`, so GitLab need not confirm anything (trace 7). */
  readonly isDead: boolean;
  /** The job that ended. */
  readonly endedJob?: JobFacts;
  /** The job that the runner was started for, as GitLab shows it now. Absent: unknown. */
  readonly ownJob?: JobFacts;
}

/** What "Unregister runner" and "Terminate instance" return. */
export interface EndResult {
  /**
   * `unregistered`: the record is deleted, or GitLab gave no answer for half an hour; the instance may end.
   * `busy`: it runs a job. `left`: not now; the reconciler retries. `absent`: no runner. `terminated`: ended.
   */
  readonly kind: "unregistered" | "busy" | "left" | "absent" | "terminated";
  readonly runnerId?: number;
  readonly resourceId?: string;
  readonly provider?: Provider;
  readonly classKey?: string;
  readonly reason: RunnerEndCode | EndSkipCode;
  /** For `busy`: the job that the runner runs. */
  readonly busyJobId?: number;
  /** GitLab confirmed that the record is deleted. */
  readonly recordDeleted?: boolean;
  /** The VM of a failed job was suspended, and is kept until then. */
  readonly keptUntil?: number;
  readonly freed?: Freed;
  /** For others: the workflow puts them on the bus. */
  readonly events?: readonly BusEntry[];
}

/** Provider and class of a runner; an orphan has neither. */
export const kindOf = (runner: Runner): Pick<EndResult, "provider" | "classKey"> =>
  runner.adopted ? {} : { provider: runner.provider, classKey: runner.classKey };

/** What an orphan is, by its id. */
export const providerOf = (resourceId: string): Provider => (isMicroVmId(resourceId) ? "MICROVM" : "EC2");

export interface FoundRunners {
  readonly runners: readonly EndOrder[];
}

export const NO_RUNNERS: FoundRunners = { runners: [] };
