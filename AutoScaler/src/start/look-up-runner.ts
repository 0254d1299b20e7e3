import { defined } from "../../../Core/defined";
import { ConfigurationError } from "../../../Core/errors";
import type { JobEvent } from "../../../Core/model/job-event";
import type { LookUpSkipCode } from "../../../Core/model/reasons";
import type { RunnerLookup, RunnerOrder } from "../../../Core/model/runner-order";
import { rowName } from "../../../Core/routing/mapping-row";
import { type RouteReason, type RoutingSettings, route } from "../../../Core/routing/routing";
import type { Dependencies } from "../dependencies";
import type { GitLabJob } from "../ports";
import { LOOK_UP_TIMEOUT_MILLISECONDS } from "../timing";

export type LookUpDependencies = Pick<Dependencies, "mappings" | "gitLab" | "clock">;

/** The look-up, and why it came out so, for the log. */
export interface LookUp {
  readonly lookup: RunnerLookup;
  readonly why?: RouteReason;
}

type Facts = Pick<RunnerOrder, "jobId" | "projectId" | "jobName" | "tags" | "queuedAt" | "verified" | "ref">;

const SECOND = 1_000;

type Skip = Extract<RunnerLookup, { kind: "nothing" }>;

const skip = (reason: LookUpSkipCode, detail?: string): Skip => ({
  kind: "nothing",
  reason,
  ...defined({ detail }),
});

const isSkip = (found: Facts | Skip): found is Skip => "kind" in found;

/** GitLab's replicas lag behind its webhooks: absent and `created` are asked again for ten seconds. */
const readJob = async (
  { gitLab, clock }: LookUpDependencies,
  event: JobEvent,
): Promise<GitLabJob | undefined> => {
  const until = clock.now() + LOOK_UP_TIMEOUT_MILLISECONDS;
  for (;;) {
    const job = await gitLab.job(event.projectId, event.jobId);
    const isSettled = job !== undefined && job.status !== "created";
    if (isSettled || clock.now() + 2 * SECOND > until) return job;
    await clock.sleep(2 * SECOND);
  }
};

const verifiedFacts = (job: GitLabJob): Facts => ({
  jobId: job.id,
  projectId: job.projectId,
  jobName: job.name,
  tags: [...new Set(job.tags)].sort(),
  queuedAt: job.createdAt,
  verified: true,
  ...(job.ref === undefined ? {} : { ref: { name: job.ref, isTag: job.tag ?? false } }),
});

/** The payload counts for its two ids alone (I-16). A job with a runner assigned is taken (two-phase commit). */
const verify = async (dependencies: LookUpDependencies, event: JobEvent): Promise<Facts | Skip> => {
  const job = await readJob(dependencies, event);
  if (job === undefined) return skip("no-such-job");
  if (job.status !== "pending") return skip("job-not-pending", job.status);
  return job.runnerId === undefined ? verifiedFacts(job) : skip("job-taken");
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

const start = (
  facts: Facts,
  again: number | undefined,
  decided: Extract<Awaited<ReturnType<typeof route>>, { kind: "route" }>,
): LookUp => {
  const { provider, runnerClass, functionArn, tags, why } = decided;
  const order = { ...facts, tags, runnerClass, ...functionOf(functionArn, why), ...defined({ again }) };
  return { lookup: { kind: "start", provider, order }, why };
};

/**
 * Finds the runner that a pending job needs. Writes nothing.
 *
 * @throws ConfigurationError when the mapping cannot be followed: an operator must act, and no other runner is
 *   taken instead (I-27); TransientError from GitLab or DynamoDB
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
  if (decided.kind === "failed") throw new ConfigurationError(decided.why.sentence);
  if (decided.kind === "nothing") {
    return { lookup: skip("unmapped", decided.why.sentence), why: decided.why };
  }
  return start(facts, event.again, decided);
};
