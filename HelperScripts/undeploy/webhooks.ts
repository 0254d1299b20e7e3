import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import type { ServedProject } from "../../Core/routing/served-projects";
import type { StoredParameter } from "../configuration";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import { listOf, numberOf, textOf } from "../gitlab/json";
import { type OperatorGitLab, operatorGitLab } from "../gitlab/operator-gitlab";
import { findOwners, projectsOfGroup, type ServedOwner } from "../gitlab/served-owners";

/** A webhook that sends to the deployment. */
export interface OwnWebhook {
  readonly owner: ServedOwner;
  readonly id: number;
}

/** The deployment's webhooks, and where they could not be looked for. */
export interface OwnWebhooks {
  readonly webhooks: readonly OwnWebhook[];
  readonly unseen: readonly string[];
  readonly gitLab?: OperatorGitLab;
}

const trimmed = (url: unknown): string => textOf(url).replace(/\/+$/, "");

/** undefined: the token may not see them. */
const webhooksOf = async (
  gitLab: OperatorGitLab,
  owner: ServedOwner,
  urls: readonly string[],
): Promise<readonly OwnWebhook[] | undefined> => {
  const { status, body } = await gitLab.get(`/${owner.kind}s/${owner.id}/hooks?per_page=100`);
  if (status !== 200) return undefined;
  return listOf(body)
    .filter(({ url }) => urls.includes(trimmed(url)))
    .flatMap(({ id }) => (numberOf(id) === undefined ? [] : [{ owner, id: numberOf(id) ?? 0 }]));
};

/** A group's own webhooks, and where it has none those of its projects. */
const everyWebhookOf = async (
  gitLab: OperatorGitLab,
  owner: ServedOwner,
  urls: readonly string[],
): Promise<readonly OwnWebhook[] | undefined> => {
  const own = await webhooksOf(gitLab, owner, urls);
  if (owner.kind === "project" || (own !== undefined && own.length > 0)) return own;
  const found: OwnWebhook[] = [...(own ?? [])];
  let isSeen = own !== undefined;
  for (const project of await projectsOfGroup(gitLab, owner.id)) {
    const its = await webhooksOf(gitLab, project, urls);
    isSeen ||= its !== undefined;
    found.push(...(its ?? []));
  }
  return isSeen ? found : undefined;
};

/**
 * Finds the webhooks of served projects and groups that send to the deployment. Changes nothing.
 *
 * @param stored Url and AccessToken
 */
export const findOwnWebhooks = async (
  { fetch, env }: Context,
  stored: { readonly url?: StoredParameter; readonly accessToken?: StoredParameter },
  infrastructure: Deployment,
  served: readonly ServedProject[],
): Promise<OwnWebhooks> => {
  const token = env.GITLAB_SETUP_TOKEN || stored.accessToken?.value;
  if (stored.url === undefined || token === undefined) return { webhooks: [], unseen: served.map(String) };
  const gitLab = operatorGitLab(fetch, checkGitLabUrl(stored.url.value), token);
  const { outputs } = infrastructure;
  const urls = ["WebhookUrl", "SignedWebhookUrl"].map((name) => trimmed(outputs.get(name))).filter(Boolean);
  const webhooks: OwnWebhook[] = [];
  const unseen: string[] = [];
  for (const entry of served) {
    const [owner] = await findOwners(gitLab, [entry]).catch(() => []);
    const found = owner && (await everyWebhookOf(gitLab, owner, urls));
    if (found === undefined) unseen.push(String(entry));
    else webhooks.push(...found);
  }
  return { webhooks, unseen, gitLab };
};

/** @returns whether it is gone */
export const removeWebhook = async (gitLab: OperatorGitLab, { owner, id }: OwnWebhook): Promise<boolean> => {
  const { status } = await gitLab.delete(`/${owner.kind}s/${owner.id}/hooks/${id}`);
  return status === 204 || status === 200 || status === 404;
};
