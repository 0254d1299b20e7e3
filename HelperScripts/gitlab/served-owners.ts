import { ConfigurationError } from "../../Core/errors";
import type { ServedProject } from "../../Core/routing/served-projects";
import { fieldsOf, listOf, numberOf, textOf } from "./json";
import type { OperatorGitLab } from "./operator-gitlab";
import type { WebhookOwner } from "./webhook-plan";

/** A project or group that is served, as GitLab knows it. */
export interface ServedOwner extends WebhookOwner {
  /** Its full path in GitLab. */
  readonly path: string;
}

const ALL = "/*";

const pathTo = (entry: ServedProject): string => {
  if (typeof entry === "number") return `/projects/${entry}`;
  if (entry.endsWith(ALL)) return `/groups/${encodeURIComponent(entry.slice(0, -ALL.length))}`;
  return `/projects/${encodeURIComponent(entry)}`;
};

/** @throws ConfigurationError when GitLab does not show it to the token */
const findOwner = async (gitLab: OperatorGitLab, entry: ServedProject): Promise<ServedOwner> => {
  const path = pathTo(entry);
  const { status, body } = await gitLab.get(path);
  const fields = fieldsOf(body);
  const id = numberOf(fields.id);
  if (status !== 200 || id === undefined) {
    throw new ConfigurationError(
      `projects: GitLab does not show ${JSON.stringify(entry)} to this token (${status}): check its spelling, and that the token's owner is a member`,
    );
  }
  return path.startsWith("/groups/")
    ? { kind: "group", id, path: textOf(fields.full_path) }
    : { kind: "project", id, path: textOf(fields.path_with_namespace) };
};

/** Whom a list of served projects names. @throws ConfigurationError that names an entry which GitLab does not show */
export const findOwners = async (
  gitLab: OperatorGitLab,
  served: readonly ServedProject[],
): Promise<readonly ServedOwner[]> => {
  const owners: ServedOwner[] = [];
  for (const entry of served) owners.push(await findOwner(gitLab, entry));
  return owners;
};

/** A group's projects, those of its subgroups too: https://docs.gitlab.com/api/groups/#list-projects */
export const projectsOfGroup = async (
  gitLab: OperatorGitLab,
  groupId: number,
): Promise<readonly ServedOwner[]> => {
  const found: ServedOwner[] = [];
  let page: string | undefined = "1";
  while (page !== undefined) {
    const path = `/groups/${groupId}/projects?include_subgroups=true&archived=false&simple=true&per_page=100&page=${page}`;
    const answer = await gitLab.get(path);
    for (const { id, path_with_namespace } of listOf(answer.body))
      found.push({ kind: "project", id: numberOf(id) ?? 0, path: textOf(path_with_namespace) });
    page = answer.nextPage;
  }
  return found;
};

/** What the token may do about webhooks. */
export interface WebhookRights {
  /** Whose webhooks are made: a group without webhooks of its own stands as its projects. */
  readonly owners: readonly ServedOwner[];
  /** Those whose webhooks the token may not see or make. */
  readonly refused: readonly ServedOwner[];
  /** Groups that GitLab has no webhooks for: they are part of GitLab Premium. */
  readonly byProject: readonly ServedOwner[];
}

const maySee = async (gitLab: OperatorGitLab, { kind, id }: WebhookOwner): Promise<boolean> =>
  (await gitLab.get(`/${kind}s/${id}/hooks?per_page=1`)).status === 200;

/** A token of scope read_api sees webhooks and makes none. What GitLab does not tell is tried. */
const mayMake = async (gitLab: OperatorGitLab): Promise<boolean> => {
  const { scopes } = fieldsOf((await gitLab.get("/personal_access_tokens/self")).body);
  return !Array.isArray(scopes) || scopes.includes("api");
};

/** Finds out for whom webhooks can be made. Changes nothing. */
export const webhookRights = async (
  gitLab: OperatorGitLab,
  served: readonly ServedOwner[],
): Promise<WebhookRights> => {
  if (served.length > 0 && !(await mayMake(gitLab))) return { owners: [], refused: served, byProject: [] };
  const owners: ServedOwner[] = [];
  const refused: ServedOwner[] = [];
  const byProject: ServedOwner[] = [];
  for (const owner of served) {
    if (await maySee(gitLab, owner)) {
      owners.push(owner);
      continue;
    }
    const projects = owner.kind === "group" ? await projectsOfGroup(gitLab, owner.id) : [];
    const [first] = projects;
    if (first !== undefined && (await maySee(gitLab, first))) {
      byProject.push(owner);
      owners.push(...projects);
    } else refused.push(owner);
  }
  const known = new Set<string>();
  const unique = owners.filter(({ kind, id }) => !known.has(`${kind} ${id}`) && known.add(`${kind} ${id}`));
  return { owners: unique, refused, byProject };
};
