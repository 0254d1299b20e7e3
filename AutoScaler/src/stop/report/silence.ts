import type { Runner, Time } from "../../../../Core/model/ledger";
import type { RunnerEndCode } from "../../../../Core/model/reasons";
import type { GitLabRunner } from "../../ports";
import { LAMBDA_QUEUE_SECONDS, SILENCE_SECONDS } from "../../timing";

/** GitLab's record of a runner, as read now. */
export type RecordFacts =
  | { readonly kind: "known"; readonly record: GitLabRunner }
  | { readonly kind: "absent" };

/** GitLab's clock; 0: no contact ever, or no record any more. */
const contactIn = (facts: RecordFacts): Time =>
  facts.kind === "known" ? (facts.record.contactedAt ?? 0) : 0;

/** A report stands that no line has shown to be another delivery's. */
export const isReported = ({ endReport, otherDeliveries }: Runner): boolean =>
  endReport !== undefined && otherDeliveries?.includes(endReport.environment) !== true;

/**
 * Its invocation was reported ended, and GitLab has heard nothing of it since, for as long as a living runner is hardly
 * silent. Either alone proves nothing: the report may be forged, and a quiet job is quiet. Compared is GitLab's own word
 * then with its word now, so nobody's clock can make a living runner look dead.
 */
export const isSilentAfterReport = (runner: Runner, facts: RecordFacts | undefined, now: Time): boolean => {
  const { endReport } = runner;
  if (endReport?.contactedAt === undefined || facts === undefined || !isReported(runner)) return false;
  if (now - endReport.at < SILENCE_SECONDS * 1000) return false;
  return facts.kind === "absent" || contactIn(facts) === endReport.contactedAt;
};

/** Lambda has dropped its start by now, or it has begun, and a runner that begins contacts GitLab within seconds. */
export const isUndelivered = ({ provider, state, times, resourceId }: Runner, now: Time): boolean =>
  provider === "LAMBDA" &&
  state === "STARTING" &&
  resourceId !== undefined &&
  now > (times.LAUNCHED ?? Number.POSITIVE_INFINITY) + LAMBDA_QUEUE_SECONDS * 1000;

export const neverContacted = (facts: RecordFacts | undefined): boolean =>
  facts?.kind === "known" && facts.record.contactedAt === undefined;

/** Why a runner that was launched ended without a job, by what GitLab's record shows. */
export const whyNoJob = ({ pausedAt }: Runner, facts: RecordFacts | undefined): RunnerEndCode => {
  if (facts === undefined) return "no-job";
  if (facts.kind === "absent") return "record-deleted";
  if (facts.record.contactedAt === undefined) return "never-contacted";
  return facts.record.paused && pausedAt === undefined ? "runner-paused" : "no-job";
};
