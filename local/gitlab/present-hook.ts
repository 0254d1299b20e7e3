import type { Hook } from "./model";
import type { World } from "./world";

const date = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString();

const HOOK_EVENTS = [
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

export const HOOK_EVENT_NAMES: readonly string[] = HOOK_EVENTS;

/** A hook as the API shows it; its secrets are write-only. */
export const hookJson = (world: World, hook: Hook) => ({
  id: hook.id,
  url: hook.url,
  name: hook.name,
  description: hook.description,
  project_id: hook.projectId,
  ...Object.fromEntries(HOOK_EVENTS.map((event) => [event, hook.events.has(event)])),
  enable_ssl_verification: hook.enableSslVerification,
  push_events_branch_filter: null,
  branch_filter_strategy: "wildcard",
  custom_webhook_template: null,
  custom_headers: [],
  url_variables: [],
  alert_status: (hook.disabledUntil ?? 0) > world.clock.now() ? "temporarily_disabled" : "executable",
  disabled_until: date(hook.disabledUntil),
  token_present: hook.token !== undefined,
  signing_token_present: hook.signingToken !== undefined,
  created_at: date(hook.createdAt),
});
