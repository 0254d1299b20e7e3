import { defined } from "../../../Core/defined";
import { BadTagsError, BeyondBoundsError, ConfigurationError, MappingError } from "../../../Core/errors";
import { END_STATUSES, type JobEvent } from "../../../Core/model/job-event";
import type { Time } from "../../../Core/model/ledger";
import type { LookUpSkipCode } from "../../../Core/model/reasons";
import type { RunnerLookup, RunnerOrder, StartOrder } from "../../../Core/model/runner-order";
import { rowName } from "../../../Core/routing/mapping-row";
import {
  type RouteAndServed,
  type RouteReason,
  type RoutingSettings,
  route,
} from "../../../Core/routing/routing";
import type { Dependencies } from "../dependencies";
import {
  askGitLab,
  countInVain,
  type HintDependencies,
  isSkipped,
  rememberNothing,
} from "../hints/ask-gitlab";
import type { MalformedHint } from "../hints/parse-hint";
import { isServed } from "../limits/is-served";
import type { GitLabJob } from "../ports";
import { reached } from "../waits/blamed";

export type LookUpDependencies = HintDependencies & Pick<Dependencies, "mappings" | "metric">;

/** The look-up, and why it came out so, for the log. */
export interface LookUp {
  readonly lookup: RunnerLookup;
  readonly why?: RouteReason;
}

type Facts = Pick<
  RunnerOrder,
  "jobId" | "projectId" | "jobName" | "pipelineId" | "tags" | "queuedAt" | "verified" | "ref"
>;

type Skip = Extract<RunnerLookup, { kind: "nothing" }>;

const skip = (reason: LookUpSkipCode, detail?: string): Skip => ({
  kind: "nothing",
  reason,
  ...defined({ detail }),
});

const isSkip = (found: Facts | Skip): found is Skip => "kind" in found;

/**
 * When the job became pending, by our own clock: a manual job that is played long after it was made waits from then on.
 * Older servers do not say since when a job is pending: then it is now.
 */
const pendingSince = ({ queuedSeconds = 0 }: GitLabJob, now: Time): Time =>
  Math.trunc(now - queuedSeconds * 1_000);

const verifiedFacts = (job: GitLabJob, now: Time): Facts => ({
  jobId: job.id,
  projectId: job.projectId,
  jobName: job.name,
  tags: [...new Set(job.tags)].sort(),
  queuedAt: pendingSince(job, now),
  verified: true,
  ...defined({ pipelineId: job.pipelineId }),
  ...(job.ref === undefined ? {} : { ref: { name: job.ref, isTag: job.tag ?? false } }),
});

/** GitLab's replicas lag behind its webhooks: absent and `created` are asked again for ten seconds. */
const isSettled = ({ status }: GitLabJob): boolean => status !== "created";

/** Nothing makes such a job pending within the next minute. */
const isPast = ({ status }: GitLabJob): boolean => status === "running" || END_STATUSES.includes(status);

/** The payload counts for its two ids alone (I-16). A job with a runner assigned is taken (two-phase commit). */
const verify = async (dependencies: LookUpDependencies, event: JobEvent): Promise<Facts | Skip> => {
  const job = await reached(() => askGitLab(dependencies, event, { isSettled }));
  if (isSkipped(job)) return skip(job.skipped);
  if (job.status === "pending" && job.runnerId === undefined)
    return verifiedFacts(job, dependencies.clock.now());
  // One that stays `created` was counted with every answer.
  if (isSettled(job)) await countInVain(dependencies, event, isPast(job));
  return job.status === "pending" ? skip("job-taken") : skip("job-not-pending", job.status);
};

/** Without AccessToken the webhook is all there is. */
const payloadFacts = (dependencies: LookUpDependencies, event: JobEvent): Facts | Skip =>
  event.status === "pending"
    ? {
        jobId: event.jobId,
        projectId: event.projectId,
        jobName: event.jobName,
        tags: [],
        queuedAt: dependencies.clock.now(),
        verified: false,
      }
    : skip("job-not-pending", event.status);

const functionOf = (functionArn: string | undefined, { row }: RouteReason) =>
  functionArn === undefined
    ? {}
    : {
        functionArn,
        functionNamedBy: row ? `the mapping's row ${rowName(row)}` : "AutoScaler's DefaultRunnerArn",
      };

/** About this one start: an event of our own for a first attempt is the reconciler's, which found the job. */
const arrivalOf = (
  { clock }: LookUpDependencies,
  { again, receivedAt, isWebhook, attempt }: JobEvent,
): Omit<StartOrder, keyof RunnerOrder> => ({
  seenAt: receivedAt ?? clock.now(),
  ...defined({ again }),
  ...(!isWebhook && attempt === 1 ? { isFound: true } : {}),
});

const start = (
  facts: Facts,
  arrival: Omit<StartOrder, keyof RunnerOrder>,
  decided: Extract<RouteAndServed, { kind: "route" }>,
): LookUp => {
  const { provider, runnerClass, functionArn, fallback, tags, limits, spotBreaker, budget, objective, why } =
    decided;
  const order = {
    ...facts,
    ...arrival,
    tags,
    runnerClass,
    limits,
    ...functionOf(functionArn, why),
    ...defined({ fallback, spotBreaker, budget, objective }),
    ...(why.code === "job-tags" ? { chosenByTags: true } : {}),
  };
  return { lookup: { kind: "start", provider, order }, why };
};

/** Counted and nothing more: a project that is not served leaves no trace. */
const refused = async (dependencies: LookUpDependencies, event: JobEvent): Promise<LookUp> => {
  dependencies.metric("JobsNotServed", 1);
  if (dependencies.gitLab.mode === "verified") await countInVain(dependencies, event, true);
  return { lookup: skip("not-served") };
};

/** The look-up of a webhook that is no job event. */
export const malformedLookUp = ({ skipped, detail }: MalformedHint): LookUp => ({
  lookup: skip(skipped, detail),
});

/**
 * The mapping cannot be followed: an operator must act, and no other runner is taken instead (I-27). Without
 * AccessToken nobody confirmed that there is such a job.
 */
const mappingError = (isVerified: boolean, { code, sentence }: RouteReason): ConfigurationError => {
  if (!isVerified) return new ConfigurationError(sentence);
  if (code === "bad-tags") return new BadTagsError(sentence);
  return code === "beyond-bounds" ? new BeyondBoundsError(sentence) : new MappingError(sentence);
};

/**
 * Finds the runner that a pending job needs. Stores nothing under the job.
 *
 * @throws UnreachableError when GitLab does not answer; MappingError when the mapping or the job's tags cannot be followed for a job that GitLab confirmed (BadTagsError
 *   and BeyondBoundsError are such), ConfigurationError where nobody confirms it; TransientError from GitLab or DynamoDB
 */
export const lookUpRunner = async (
  dependencies: LookUpDependencies,
  event: JobEvent,
  settings: RoutingSettings,
): Promise<LookUp> => {
  const isVerified = dependencies.gitLab.mode === "verified";
  const facts = isVerified ? await verify(dependencies, event) : payloadFacts(dependencies, event);
  if (isSkip(facts)) return { lookup: facts };
  const job = { projectId: facts.projectId, name: facts.jobName, tags: facts.tags, verified: isVerified };
  const decided = await route(job, (pk) => dependencies.mappings.rows(pk), settings);
  if (!(await isServed(dependencies, decided.servedProjects, facts.projectId)))
    return refused(dependencies, event);
  if (decided.kind === "failed") throw mappingError(isVerified, decided.why);
  if (decided.kind === "nothing") {
    if (isVerified) rememberNothing(dependencies, event);
    return { lookup: skip("unmapped", decided.why.sentence), why: decided.why };
  }
  return start(facts, arrivalOf(dependencies, event), decided);
};
