import type { JobEvent } from "../../../Core/model/job-event";
import type { HintSkipCode } from "../../../Core/model/reasons";
import type { Dependencies } from "../dependencies";
import type { GitLabJob, ProjectRefused } from "../ports";
import { LOOK_UP_TIMEOUT_MILLISECONDS } from "../timing";
import { countVainCall, mayAsk } from "./vain-calls";

/** A webhook is a hint: it names a job, and what counts is GitLab's word on it. */
export type HintDependencies = Pick<Dependencies, "gitLab" | "clock" | "metric" | "counters" | "hints">;

/** Why the job of an event is none of ours. */
export interface SkippedHint {
  readonly skipped: HintSkipCode;
}

export interface JobQuestion {
  /** Whether an answer is no replica's that lags. Absent: whatever comes first is taken. */
  readonly isSettled?: (job: GitLabJob) => boolean;
  /** The ledger holds the job for that project, so the webhook is no invention. */
  readonly isKnown?: boolean;
}

const SECOND = 1_000;

export const isSkipped = <Answer extends object>(answer: Answer | SkippedHint): answer is SkippedHint =>
  "skipped" in answer;

type Answer = GitLabJob | ProjectRefused | undefined;

const codeOf = (answer: ProjectRefused | undefined): HintSkipCode =>
  answer === undefined ? "no-such-job" : "project-refused";

const isRefused = (answer: Answer): answer is ProjectRefused => answer !== undefined && "refused" in answer;

const skip = ({ metric }: HintDependencies, event: JobEvent, reason: HintSkipCode): SkippedHint => {
  if (event.isWebhook) metric("WebhooksIgnored", 1, { reason });
  return { skipped: reason };
};

/** Counts a webhook's call that came to nothing; false: GitLab is not to be asked once more. */
const mayAskAgain = async (dependencies: HintDependencies, event: JobEvent): Promise<boolean> =>
  event.isWebhook ? countVainCall(dependencies, event) : true;

/** Nothing is to be done for the job, nor within the next minute: a webhook that repeats this one asks nobody. */
export const rememberNothing = ({ hints, clock }: HintDependencies, event: JobEvent): void => {
  if (event.isWebhook) hints.wasInVain(event, clock.now());
};

/**
 * Counts that a webhook led to nothing, although GitLab knows its job.
 *
 * @param isFinal nothing is to be done within the next minute either
 */
export const countInVain = async (
  dependencies: HintDependencies,
  event: JobEvent,
  isFinal: boolean,
): Promise<void> => {
  if (isFinal) rememberNothing(dependencies, event);
  if (event.isWebhook) await countVainCall(dependencies, event);
};

/** A project that refuses has answered for good; a job that is not there, or not settled, may be a replica's word. */
const read = async (
  dependencies: HintDependencies,
  event: JobEvent,
  isSettled: JobQuestion["isSettled"],
): Promise<Answer> => {
  const { gitLab, clock } = dependencies;
  const until = clock.now() + LOOK_UP_TIMEOUT_MILLISECONDS;
  for (;;) {
    const answer = await gitLab.job(event.projectId, event.jobId);
    const isJob = answer !== undefined && !isRefused(answer);
    if (isJob && (isSettled === undefined || isSettled(answer))) return answer;
    const mayWait = await mayAskAgain(dependencies, event);
    const isFinal = isSettled === undefined || isRefused(answer) || clock.now() + 2 * SECOND > until;
    if (isFinal || !mayWait) return answer;
    await clock.sleep(2 * SECOND);
  }
};

/** Whether a webhook may cost GitLab a call. One that repeats another is taken for a call in vain beforehand. */
const isAdmitted = async (
  dependencies: HintDependencies,
  event: JobEvent,
  isKnown: boolean,
): Promise<boolean> => {
  if (!event.isWebhook) return true;
  const isRepeat = dependencies.hints.isRepeat(event, dependencies.clock.now());
  if (isKnown && !isRepeat) return true;
  if (!(await mayAsk(dependencies, event))) return false;
  if (isRepeat) await countVainCall(dependencies, event);
  return true;
};

/**
 * Asks GitLab for the job that an event names, in verified mode. An event of ours is always asked for; a webhook not
 * where GitLab just said that there is no such job, nor where webhooks cost too many calls in vain (`vain-calls`): the
 * reconciler finds what is real among them.
 *
 * @throws TransientError, ConfigurationError from GitLab
 */
export const askGitLab = async (
  dependencies: HintDependencies,
  event: JobEvent,
  { isSettled, isKnown = false }: JobQuestion = {},
): Promise<GitLabJob | SkippedHint> => {
  const { hints, clock } = dependencies;
  const isInVain = event.isWebhook === true && hints.isInVain(event, clock.now());
  if (isInVain) return skip(dependencies, event, "asked-lately");
  if (!(await isAdmitted(dependencies, event, isKnown))) return skip(dependencies, event, "vain-calls");
  const answer = await read(dependencies, event, isSettled);
  if (event.isWebhook) hints.answered(event, clock.now());
  if (answer !== undefined && !isRefused(answer)) return answer;
  rememberNothing(dependencies, event);
  return skip(dependencies, event, codeOf(answer));
};
