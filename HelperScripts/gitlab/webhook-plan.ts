import { defined } from "../../Core/defined";
import { ConfigurationError } from "../../Core/errors";
import type { Fields } from "../../Core/fields";
import { fieldsOf, listOf, numberOf, textOf } from "./json";
import type { GitLabAnswer, OperatorGitLab } from "./operator-gitlab";

/** Where a webhook hangs. */
export interface WebhookOwner {
  readonly kind: "project" | "group";
  readonly id: number;
}

/** What has to be done to an owner's webhook. */
export interface WebhookPlan {
  readonly owner: WebhookOwner;
  /** Absent: a new one is made. */
  readonly webhookId?: number;
  readonly sentence: string;
  /** GitLab has switched it off: a test request switches it on again. */
  readonly isDisabled: boolean;
}

const pathOf = ({ kind, id }: WebhookOwner): string => `/${kind}s/${id}/hooks`;
const nameOf = ({ kind, id }: WebhookOwner): string => `${kind} ${id}`;

const refused = (owner: WebhookOwner, what: string, answer: GitLabAnswer): never => {
  const body = fieldsOf(answer.body);
  const said = textOf(body.message) || textOf(body.error) || "no reason";
  throw new ConfigurationError(
    `GitLab does not let this token ${what} the webhook of ${nameOf(owner)} (${answer.status}: ${said}). It takes a maintainer's token of scope api, in GITLAB_SETUP_TOKEN: it is used once and not stored`,
  );
};

const trimmed = (url: unknown): string => textOf(url).replace(/\/+$/, "");

const sentenceOf = (owner: WebhookOwner, webhook: Fields | undefined, isDisabled: boolean): string => {
  if (webhook === undefined) return `Make a webhook for job events on ${nameOf(owner)}`;
  const rest = isDisabled ? ", and switch it on again" : "";
  return `Set events and secret of webhook ${numberOf(webhook.id)} on ${nameOf(owner)}${rest}`;
};

/** Looks at an owner's webhooks. @throws ConfigurationError when the token may not */
export const planWebhook = async (
  gitLab: OperatorGitLab,
  owner: WebhookOwner,
  url: string,
): Promise<WebhookPlan> => {
  const answer = await gitLab.get(`${pathOf(owner)}?per_page=100`);
  if (answer.status !== 200) refused(owner, "see", answer);
  const webhook = listOf(answer.body).find((each) => trimmed(each.url) === trimmed(url));
  const alert = textOf(webhook?.alert_status);
  const isDisabled = alert !== "" && alert !== "executable";
  const webhookId = numberOf(webhook?.id);
  return {
    owner,
    isDisabled,
    sentence: sentenceOf(owner, webhook, isDisabled),
    ...defined({ webhookId }),
  };
};

/**
 * Makes a plan true.
 *
 * @returns false: GitLab had switched the webhook off and its test did not pass, so it stays off
 * @throws ConfigurationError when the token may not
 */
export const carryOut = async (
  gitLab: OperatorGitLab,
  plan: WebhookPlan,
  url: string,
  secret: string,
): Promise<boolean> => {
  const path = pathOf(plan.owner);
  const body = {
    url,
    token: secret,
    job_events: true,
    push_events: false,
    enable_ssl_verification: url.startsWith("https:"),
  };
  const isNew = plan.webhookId === undefined;
  const answer = isNew ? await gitLab.post(path, body) : await gitLab.put(`${path}/${plan.webhookId}`, body);
  if (answer.status !== 200 && answer.status !== 201) refused(plan.owner, isNew ? "make" : "change", answer);
  if (!plan.isDisabled) return true;
  const test = await gitLab.post(`${path}/${plan.webhookId}/test/job_events`, {});
  return test.status === 200 || test.status === 201;
};
