import type { GitLabState } from "../../model/state";
import { REVISION, VERSION } from "../../model/version";
import { notFound } from "../api-error";
import { idOf, json, type RequestContext } from "../http";
import { type Route, routesOf } from "../router";
import { groupJson, projectJson, USER } from "./json";
import { paged } from "./paging";

const token = (state: GitLabState) => ({
  id: 1,
  name: "local",
  description: null,
  revoked: false,
  created_at: new Date(state.clock.now()).toISOString(),
  // The scopes that the product needs, and `api` for creating webhooks.
  scopes: ["api", "read_api", "create_runner", "manage_runner"],
  user_id: USER.id,
  last_used_at: new Date(state.clock.now()).toISOString(),
  active: true,
  expires_at: null,
});

const projectsWhere = (
  state: GitLabState,
  url: string,
  request: RequestContext,
  isWanted: (id: number) => boolean = () => true,
): Response =>
  paged(
    url,
    request,
    [...state.projects].filter(isWanted).map((id) => ({ id })),
    ({ id }) => projectJson(state, url, id),
  );

const projectOf = (state: GitLabState, url: string, request: RequestContext): Response => {
  const id = idOf(request, "id") ?? 0;
  state.projects.add(id);
  return json(projectJson(state, url, id));
};

const groupOf = (state: GitLabState, url: string, request: RequestContext): Response => {
  const path = state.paths.groupPath(idOf(request, "id") ?? 0);
  if (path === undefined) throw notFound();
  return json(groupJson(state, url, path));
};

/** The token's owner, projects, groups and the server's version. */
export const accountRestRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  const version = { version: VERSION, revision: REVISION };
  return [
    route("GET", "/user", () => json({ ...USER, is_admin: true })),
    route("GET", "/personal_access_tokens/self", () => json(token(state))),
    route("GET", "/version", () => json(version)),
    route("GET", "/metadata", () => json({ ...version, enterprise: false })),
    route("GET", "/projects", (request) => projectsWhere(state, url(), request)),
    route("GET", "/projects/:id", (request) => projectOf(state, url(), request)),
    route("GET", "/groups/:id", (request) => groupOf(state, url(), request)),
    route("GET", "/groups/:id/projects", (request) =>
      projectsWhere(state, url(), request, (id) => state.paths.isIn(id, idOf(request, "id") ?? 0)),
    ),
  ];
};
