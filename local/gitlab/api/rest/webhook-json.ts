import { defined } from "../../../../Core/defined";
import type { Webhook } from "../../model/records";
import type { GitLabState } from "../../model/state";

const date = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString();

const WEBHOOK_EVENTS = [
  "push_events",
  "issues_events",
  "confidential_issues_events",
  "merge_requests_events",
  "tag_push_events",
  "note_events",
  "confidential_note_events",
  "job_events",
  "pipeline_events",
  "wiki_page_events",
  "deployment_events",
  "releases_events",
  "feature_flag_events",
  "emoji_events",
] as const;

export const WEBHOOK_EVENT_NAMES: readonly string[] = WEBHOOK_EVENTS;

/** A webhook as the API shows it; its secrets are write-only. */
export const webhookJson = (state: GitLabState, webhook: Webhook) => ({
  id: webhook.id,
  url: webhook.url,
  name: webhook.name,
  description: webhook.description,
  ...defined({ project_id: webhook.projectId, group_id: webhook.groupId }),
  ...Object.fromEntries(WEBHOOK_EVENTS.map((event) => [event, webhook.events.has(event)])),
  enable_ssl_verification: webhook.enableSslVerification,
  push_events_branch_filter: null,
  branch_filter_strategy: "wildcard",
  custom_webhook_template: null,
  custom_headers: [],
  url_variables: [],
  alert_status: (webhook.disabledUntil ?? 0) > state.clock.now() ? "temporarily_disabled" : "executable",
  disabled_until: date(webhook.disabledUntil),
  token_present: webhook.token !== undefined,
  signing_token_present: webhook.signingToken !== undefined,
  created_at: date(webhook.createdAt),
});
