import type { JobEvent } from "../../../Core/model/job-event";
import { mayBecome, type Runner, type Time } from "../../../Core/model/ledger";
import type { PickUpSkipCode } from "../../../Core/model/reasons";
import type { Dependencies } from "../dependencies";
import { jobEvent } from "../events";
import { hasEnded } from "../ledger/close-attempt";
import { rememberProject } from "../ledger/seen-projects";
import type { GitLabJob, OurEvent } from "../ports";
import { storePickUp } from "./store-pick-up";

export type PickUpDependencies = Pick<Dependencies, "ledger" | "gitLab" | "bus" | "clock">;

export type PickUp =
  | { readonly kind: "noted"; readonly jobId: number; readonly runnerId: number; readonly isOurs: boolean }
  | { readonly kind: "nothing"; readonly reason: PickUpSkipCode };

interface Taken {
  readonly id: number;
  readonly projectId: number;
  readonly runnerId: number;
  /** GitLab's word, when the job has ended already. */
  readonly ended?: GitLabJob;
}

/** In verified mode the API says who took the job; in payload mode the webhook's word is all there is. */
const whoTook = async ({ gitLab }: PickUpDependencies, event: JobEvent): Promise<Taken | undefined> => {
  if (gitLab.mode === "payload") {
    const { jobId: id, projectId, runnerId } = event;
    return runnerId === undefined ? undefined : { id, projectId, runnerId };
  }
  const job = await gitLab.job(event.projectId, event.jobId);
  const hasStarted =
    job !== undefined && (job.status === "running" || job.status === "canceling" || hasEnded(job));
  if (!hasStarted || job.startedAt === undefined || job.runnerId === undefined) return undefined;
  const { id, projectId, runnerId } = job;
  return { id, projectId, runnerId, ...(hasEnded(job) ? { ended: job } : {}) };
};

/** Pauses the runner, so that it never takes a second job (I-14). Undefined: not paused by us. */
const pause = async ({ gitLab, clock }: PickUpDependencies, runner: Runner): Promise<Time | undefined> => {
  if (runner.pausedAt !== undefined || gitLab.mode === "payload") return runner.pausedAt;
  if (runner.state === "GONE") return undefined;
  await gitLab.pauseRunner(runner.runnerId);
  return clock.now();
};

/** A `running` that came late: its end may have found a start still at work, and left the rest to the reconciler. */
const endOnceMore = async (
  { ledger }: PickUpDependencies,
  { id, ended }: Taken,
): Promise<readonly OurEvent[]> => {
  if (ended === undefined) return [];
  const isOpen = (await ledger.attempts(id)).some((attempt) => mayBecome(attempt, "ENDED"));
  return isOpen ? [jobEvent(ended)] : [];
};

/**
 * A job began to run: pauses the runner that really took it and notes it, whosever runner it was.
 *
 * @throws TransientError: the rule's retry repeats it whole
 */
export const recordPickUp = async (dependencies: PickUpDependencies, event: JobEvent): Promise<PickUp> => {
  const taken = await whoTook(dependencies, event);
  if (taken === undefined) return { kind: "nothing", reason: "not-picked-up" };
  const runner = await dependencies.ledger.runner(taken.runnerId);
  const pausedAt = runner && (await pause(dependencies, runner));
  // By GitLab's word; a copy that comes after the job's end tells nothing new.
  const isNews = dependencies.gitLab.mode === "verified" && taken.ended === undefined;
  const remembered = isNews ? rememberProject(dependencies, taken.projectId) : undefined;
  const noted = await storePickUp(dependencies, taken, taken.runnerId, pausedAt).finally(() => remembered);
  const events = [...noted, ...(await endOnceMore(dependencies, taken))];
  if (events.length > 0) await dependencies.bus.put(events);
  return { kind: "noted", jobId: taken.id, runnerId: taken.runnerId, isOurs: runner !== undefined };
};
