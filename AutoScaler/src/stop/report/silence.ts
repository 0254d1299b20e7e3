import type { Runner, Time } from "../../../../Core/model/ledger";
import type { RunnerEndCode } from "../../../../Core/model/reasons";
import type { GitLabRunner } from "../../ports";
import { LAMBDA_QUEUE_SECONDS, SILENCE_SECONDS } from "../../timing";

/** A runner's record in GitLab, as just read. */
export type RecordFacts =
  | { readonly kind: "known"; readonly record: GitLabRunner }
  | { readonly kind: "absent" };

/** Time by GitLab's clock; 0: no contact ever, or no record any more. */
const contactIn = (facts: RecordFacts): Time =>
  facts.kind === "known" ? (facts.record.contactedAt ?? 0) : 0;

/** An end was reported, and no log line has shown that the report belongs to another delivery. */
export const isReported = ({ endReport, otherDeliveries }: Runner): boolean =>
  endReport !== undefined && otherDeliveries?.includes(endReport.environment) !== true;

/**
 * The invocation's end was reported, and the runner has not contacted GitLab since, for longer than a living
 * runner stays silent. Neither is proof alone: a report may be forged, and a quiet job is silent. Both
 * contact times come from GitLab, so no other clock can make a living runner look dead.
 */
export const isSilentAfterReport = (runner: Runner, facts: RecordFacts | undefined, now: Time): boolean => {
  const { endReport } = runner;
  if (endReport?.contactedAt === undefined || facts === undefined || !isReported(runner)) return false;
  if (now - endReport.at < SILENCE_SECONDS * 1000) return false;
  return facts.kind === "absent" || contactIn(facts) === endReport.contactedAt;
};

/** Lambda has dropped the start by now, or begun it: then the runner would have contacted GitLab. */
export const isUndelivered = ({ provider, state, times, resourceId }: Runner, now: Time): boolean =>
  provider === "LAMBDA" &&
  state === "STARTING" &&
  resourceId !== undefined &&
  now > (times.LAUNCHED ?? Number.POSITIVE_INFINITY) + LAMBDA_QUEUE_SECONDS * 1000;

export const neverContacted = (facts: RecordFacts | undefined): boolean =>
  facts?.kind === "known" && facts.record.contactedAt === undefined;

/** Why a launched runner ended without a job, according to GitLab's record. */
export const whyNoJob = ({ pausedAt }: Runner, facts: RecordFacts | undefined): RunnerEndCode => {
  if (facts === undefined) return "no-job";
  if (facts.kind === "absent") return "record-deleted";
  if (facts.record.contactedAt === undefined) return "never-contacted";
  return facts.record.paused && pausedAt === undefined ? "runner-paused" : "no-job";
};
