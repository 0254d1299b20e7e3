import type { Pipeline, StandInJob, StandInRunner } from "../model/records";
import { VERSION } from "../model/version";
import {
  type JobWebhookPayload,
  jobWebhookPayload,
  template,
  type WebhookRunner,
} from "./job-webhook-payload";

const date = (time: number | undefined): string | null =>
  time === undefined ? null : `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : `${new Date(time).toISOString().slice(0, 19)}Z`;

const seconds = (from: number | undefined, to: number | undefined): number | null =>
  from === undefined || to === undefined ? null : (to - from) / 1000;

const runnerFields = (runner: StandInRunner): WebhookRunner => ({
  id: runner.id,
  description: runner.description,
  runner_type: runner.type,
  active: !runner.paused,
  is_shared: runner.type === "instance_type",
  tags: runner.tags,
});

const projectFields = (url: string, { projectId, projectPath }: Pipeline) => {
  const web = `${url}/${projectPath}`;
  const name = projectPath.split("/").at(-1) ?? "";
  const git = { git_http_url: `${web}.git`, git_ssh_url: `git@127.0.0.1:${projectPath}.git` };
  return {
    project_id: projectId,
    project_name: projectPath.replaceAll("/", " / "),
    repository: { ...template.repository, ...git, name, url: git.git_ssh_url, homepage: web },
    project: {
      ...template.project,
      ...git,
      id: projectId,
      name,
      web_url: web,
      path_with_namespace: projectPath,
    },
  };
};

const commitFields = (pipeline: Pipeline, status: string) => ({
  ref: pipeline.ref.name,
  tag: pipeline.ref.isTag,
  pipeline_id: pipeline.id,
  sha: pipeline.sha,
  commit: { ...template.commit, id: pipeline.id, sha: pipeline.sha, status },
});

/** The webhook body for a job in its current state. */
export const webhookBody = (url: string, job: StandInJob, pipelineStatus: string): JobWebhookPayload =>
  jobWebhookPayload({
    ...projectFields(url, job.pipeline),
    ...commitFields(job.pipeline, pipelineStatus),
    retries_count: job.retriesCount,
    build_id: job.id,
    build_name: job.spec.name,
    build_stage: job.spec.stage,
    build_status: job.status,
    build_created_at: date(job.createdAt),
    build_started_at: date(job.startedAt),
    build_finished_at: date(job.finishedAt),
    build_created_at_iso: iso(job.createdAt),
    build_started_at_iso: iso(job.startedAt),
    build_finished_at_iso: iso(job.finishedAt),
    build_duration: seconds(job.startedAt, job.finishedAt),
    build_queued_duration: seconds(job.queuedAt, job.startedAt ?? job.finishedAt),
    build_allow_failure: job.spec.allowFailure,
    build_failure_reason: job.failureReason ?? "unknown_failure",
    // Two-phase commit: an assigned job that is still pending has no runner in the webhook.
    runner:
      job.startedAt !== undefined && job.runner !== undefined && !job.runner.deleted
        ? runnerFields(job.runner)
        : null,
  });

/** Headers of a delivery, without secret, time and signature. https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers */
export const webhookHeaders = (
  url: string,
  ids: { readonly event: string; readonly delivery: string; readonly idempotencyKey: string },
): Record<string, string> => ({
  "content-type": "application/json",
  "user-agent": `GitLab/${VERSION}`,
  "x-gitlab-event": "Job Hook",
  "x-gitlab-instance": url,
  "x-gitlab-webhook-uuid": ids.delivery,
  "x-gitlab-event-uuid": ids.event,
  "idempotency-key": ids.idempotencyKey,
  "webhook-id": ids.idempotencyKey,
});
