import { ConfigurationError } from "../../Core/errors";
import type { Fields } from "../../Core/fields";
import type { Deployment } from "../deployment";
import { fieldsOf, listOf, numberOf, textOf } from "../gitlab/json";
import type { OperatorGitLab } from "../gitlab/operator-gitlab";

/** The project's webhooks that tell us of its jobs. */
export interface WebhookSwitch {
  readonly kind: "own";
  off(): Promise<void>;
  /** Does nothing where it is on. @throws ConfigurationError when GitLab refuses */
  on(): Promise<void>;
}

/** Jobs of this project are told of in a way that cannot be switched off for it alone. */
export interface NoSwitch {
  readonly kind: "none";
  readonly why: string;
}

const trimmed = (url: unknown): string => textOf(url).replace(/\/+$/, "");

const oursIn = (webhooks: unknown, infrastructure: Deployment): readonly Fields[] => {
  const urls = ["WebhookUrl", "SignedWebhookUrl"].map((name) => trimmed(infrastructure.outputs.get(name)));
  return listOf(webhooks).filter(
    ({ url, job_events }) => job_events === true && urls.filter(Boolean).includes(trimmed(url)),
  );
};

const groupWebhooks = async (gitLab: OperatorGitLab, projectId: number): Promise<unknown> => {
  const { id, kind } = fieldsOf(fieldsOf((await gitLab.get(`/projects/${projectId}`)).body).namespace);
  const groupId = kind === "group" ? numberOf(id) : undefined;
  if (groupId === undefined) return [];
  const { status, body } = await gitLab.get(`/groups/${groupId}/hooks?per_page=100`);
  return status === 200 ? body : [];
};

const setEvents = async (
  gitLab: OperatorGitLab,
  projectId: number,
  { id, url }: Fields,
  isOn: boolean,
): Promise<void> => {
  // What is not named stays, its secret too: https://docs.gitlab.com/api/project_webhooks/
  const answer = await gitLab.put(`/projects/${projectId}/hooks/${numberOf(id)}`, { url, job_events: isOn });
  if (answer.status === 200) return;
  throw new ConfigurationError(
    `GitLab does not let this token switch the webhook of project ${projectId} ${isOn ? "on" : "off"} (${answer.status})`,
  );
};

/** Looks for the webhooks by which a project's jobs reach us. */
export const findSwitch = async (
  gitLab: OperatorGitLab,
  infrastructure: Deployment | undefined,
  projectId: number,
): Promise<WebhookSwitch | NoSwitch> => {
  if (infrastructure === undefined) return { kind: "none", why: "the Infrastructure stack cannot be read" };
  const own = await gitLab.get(`/projects/${projectId}/hooks?per_page=100`);
  if (own.status !== 200) return { kind: "none", why: `the webhooks cannot be listed (${own.status})` };
  const webhooks = oursIn(own.body, infrastructure);
  if (oursIn(await groupWebhooks(gitLab, projectId), infrastructure).length > 0) {
    return { kind: "none", why: "a group's webhook tells of its jobs too, which is not switched off" };
  }
  if (webhooks.length === 0) {
    const remedy = `npx runners configure --project ${projectId}`;
    return { kind: "none", why: `project ${projectId} has no webhook of its own (${remedy})` };
  }
  let isOn = true;
  const set = async (wanted: boolean): Promise<void> => {
    if (isOn === wanted) return;
    // Off from the first call on, whatever comes of it: it is then switched on again.
    isOn = false;
    for (const webhook of webhooks) await setEvents(gitLab, projectId, webhook, wanted);
    isOn = wanted;
  };
  return { kind: "own", off: () => set(false), on: () => set(true) };
};
