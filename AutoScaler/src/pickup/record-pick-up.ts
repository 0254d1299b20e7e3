import { defined } from "../../../Core/defined";
import type { JobEvent } from "../../../Core/model/job-event";
import { isOfProject, isRunnerOf, mayBecome, type Runner, type Time } from "../../../Core/model/ledger";
import type { PickUpSkipCode } from "../../../Core/model/reasons";
import type { Dependencies } from "../dependencies";
import { jobEvent } from "../events";
import { askGitLab, countInVain, type HintDependencies, isSkipped } from "../hints/ask-gitlab";
import { hasEnded } from "../ledger/close-attempt";
import { rememberProject } from "../ledger/seen-projects";
import type { GitLabJob, OurEvent } from "../ports";
import { storePickUp } from "./store-pick-up";

export type PickUpDependencies = HintDependencies & Pick<Dependencies, "ledger" | "bus">;

export type PickUp =
  | { readonly kind: "noted"; readonly jobId: number; readonly runnerId: number; readonly isOurs: boolean }
  | { readonly kind: "nothing"; readonly reason: PickUpSkipCode };

interface SkippedPickUp {
  readonly skipped: PickUpSkipCode;
}

interface Taken {
  readonly id: number;
  readonly projectId: number;
  readonly runnerId: number;
  /** In verified mode; with what else GitLab says of its start. */
  readonly startedAt?: Time;
  readonly queuedSeconds?: number;
  readonly runnerSeenAt?: Time;
  readonly runnerSystemId?: string;
  /** GitLab's word, when the job has ended already. */
  readonly ended?: GitLabJob;
}

const NOT_PICKED_UP: SkippedPickUp = { skipped: "not-picked-up" };

const takenFrom = (job: GitLabJob): Taken | undefined => {
  const { id, projectId, runnerId, status, startedAt } = job;
  const { queuedSeconds, runnerSeenAt, runnerSystemId } = job;
  const hasStarted = status === "running" || status === "canceling" || hasEnded(job);
  if (!hasStarted || startedAt === undefined || runnerId === undefined) return undefined;
  const start = defined({ queuedSeconds, runnerSeenAt, runnerSystemId });
  return {
    id,
    projectId,
    runnerId,
    startedAt,
    ...start,
    ...defined({ ended: hasEnded(job) ? job : undefined }),
  };
};

/** In payload mode the webhook's word is all there is, but for another project's runner. */
const takenByPayload = async (
  { ledger }: PickUpDependencies,
  { jobId: id, projectId, runnerId }: JobEvent,
): Promise<Taken | SkippedPickUp> => {
  const runner = runnerId === undefined ? undefined : await ledger.runner(runnerId);
  const isAnothers = runner !== undefined && !isRunnerOf(runner, projectId);
  return runnerId === undefined || isAnothers ? NOT_PICKED_UP : { id, projectId, runnerId };
};

/** In verified mode the API says who took the job. */
const whoTook = async (dependencies: PickUpDependencies, event: JobEvent): Promise<Taken | SkippedPickUp> => {
  if (dependencies.gitLab.mode === "payload") return takenByPayload(dependencies, event);
  const attempts = await dependencies.ledger.attempts(event.jobId);
  const isKnown = attempts.some(
    (attempt) => isOfProject(attempt, event.projectId) && mayBecome(attempt, "RUNNING"),
  );
  const job = await askGitLab(dependencies, event, { isKnown });
  if (isSkipped(job)) return job;
  const taken = takenFrom(job);
  if (taken === undefined) await countInVain(dependencies, event, false);
  return taken ?? NOT_PICKED_UP;
};

/**
 * Pauses the runner, so that it never takes a second job (I-14). Until then GitLab may give it one, also to a job that got
 * hold of its token: the delay is a metric. Undefined: not paused by us.
 */
const pause = async (
  { gitLab, clock, metric }: PickUpDependencies,
  runner: Runner,
  startedAt: Time | undefined,
): Promise<Time | undefined> => {
  if (runner.pausedAt !== undefined || gitLab.mode === "payload") return runner.pausedAt;
  if (runner.state === "GONE") return undefined;
  await gitLab.pauseRunner(runner.runnerId);
  const now = clock.now();
  if (startedAt !== undefined) metric("PauseDelaySeconds", Math.max(0, now - startedAt) / 1_000);
  return now;
};

/** A `running` that came late: its end may have found a start still at work, and left the rest to the reconciler. */
const endOnceMore = async (
  { ledger }: PickUpDependencies,
  { id, ended }: Taken,
): Promise<readonly OurEvent[]> => {
  if (ended === undefined) return [];
  const isOpen = (await ledger.attempts(id)).some(
    (attempt) => isOfProject(attempt, ended.projectId) && mayBecome(attempt, "ENDED"),
  );
  return isOpen ? [jobEvent(ended)] : [];
};

/**
 * A job began to run: pauses the runner that really took it and notes it, whosever runner it was.
 *
 * @throws TransientError: the rule's retry repeats it whole
 */
export const recordPickUp = async (dependencies: PickUpDependencies, event: JobEvent): Promise<PickUp> => {
  const taken = await whoTook(dependencies, event);
  if ("skipped" in taken) return { kind: "nothing", reason: taken.skipped };
  const runner = await dependencies.ledger.runner(taken.runnerId);
  const pausedAt = runner && (await pause(dependencies, runner, taken.startedAt));
  // By GitLab's word; a copy that comes after the job's end tells nothing new.
  const isNews = dependencies.gitLab.mode === "verified" && taken.ended === undefined;
  const remembered = isNews ? rememberProject(dependencies, taken.projectId) : undefined;
  const stored = await storePickUp(dependencies, taken, taken.runnerId, pausedAt).finally(() => remembered);
  if (runner === undefined) await countInVain(dependencies, event, true);
  const events = [...stored.events, ...(await endOnceMore(dependencies, taken))];
  if (events.length > 0) await dependencies.bus.put(events);
  return { kind: "noted", jobId: taken.id, runnerId: taken.runnerId, isOurs: runner !== undefined };
};
