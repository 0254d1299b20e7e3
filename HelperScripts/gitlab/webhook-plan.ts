import { defined } from "../../Core/defined";
import { ConfigurationError } from "../../Core/errors";
import type { Fields } from "../../Core/fields";
import { fieldsOf, listOf, numberOf, textOf } from "./json";
import type { GitLabAnswer, OperatorGitLab } from "./operator-gitlab";
import type { WebhookProof } from "./webhook-proof";

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

const sentenceOf = (
  owner: WebhookOwner,
  webhook: Fields | undefined,
  isSigned: boolean,
  isDisabled: boolean,
): string => {
  const signed = isSigned ? ", signed" : "";
  if (webhook === undefined) return `Make a webhook for job events on ${nameOf(owner)}${signed}`;
  const rest = isDisabled ? ", and switch it on again" : "";
  return `Set events and secret of webhook ${numberOf(webhook.id)} on ${nameOf(owner)}${signed}${rest}`;
};

/** The first address goes first: a webhook that is there already is kept, one at another of ours is led to it. */
const findWebhook = (webhooks: readonly Fields[], urls: readonly string[]): Fields | undefined =>
  urls.map((url) => webhooks.find((each) => trimmed(each.url) === trimmed(url))).find(Boolean);

/**
 * Looks at an owner's webhooks.
 *
 * @param others addresses under which a webhook of ours may be known yet
 * @throws ConfigurationError when the token may not
 */
export const planWebhook = async (
  gitLab: OperatorGitLab,
  owner: WebhookOwner,
  { url, signingToken }: WebhookProof,
  others: readonly string[] = [],
): Promise<WebhookPlan> => {
  const answer = await gitLab.get(`${pathOf(owner)}?per_page=100`);
  if (answer.status !== 200) refused(owner, "see", answer);
  const webhook = findWebhook(listOf(answer.body), [url, ...others]);
  const alert = textOf(webhook?.alert_status);
  const isDisabled = alert !== "" && alert !== "executable";
  const webhookId = numberOf(webhook?.id);
  return {
    owner,
    isDisabled,
    sentence: sentenceOf(owner, webhook, signingToken !== undefined, isDisabled),
    ...defined({ webhookId }),
  };
};

/** `disabled`: GitLab had switched the webhook off and its test did not pass. `unsigned`: it took no signing token. */
export type WebhookResult =
  | { readonly kind: "done" | "disabled" }
  | { readonly kind: "unsigned"; readonly webhookId?: number };

const bodyOf = ({ url, token, signingToken }: WebhookProof, isNew: boolean): object => ({
  url,
  // An empty one takes away what an earlier configuration left.
  ...defined({ token: token ?? (isNew ? undefined : ""), signing_token: signingToken }),
  job_events: true,
  push_events: false,
  enable_ssl_verification: url.startsWith("https:"),
});

/**
 * Makes a plan true.
 *
 * @throws ConfigurationError when the token may not
 */
export const carryOut = async (
  gitLab: OperatorGitLab,
  plan: WebhookPlan,
  proof: WebhookProof,
): Promise<WebhookResult> => {
  const path = pathOf(plan.owner);
  const isNew = plan.webhookId === undefined;
  const body = bodyOf(proof, isNew);
  const answer = isNew ? await gitLab.post(path, body) : await gitLab.put(`${path}/${plan.webhookId}`, body);
  if (answer.status !== 200 && answer.status !== 201) refused(plan.owner, isNew ? "make" : "change", answer);
  const { id, signing_token_present } = fieldsOf(answer.body);
  // A GitLab that does not know the field passes over it.
  if (proof.signingToken !== undefined && signing_token_present !== true)
    return { kind: "unsigned", ...defined({ webhookId: plan.webhookId ?? numberOf(id) }) };
  if (!plan.isDisabled) return { kind: "done" };
  const test = await gitLab.post(`${path}/${plan.webhookId}/test/job_events`, {});
  return { kind: test.status === 200 || test.status === 201 ? "done" : "disabled" };
};
