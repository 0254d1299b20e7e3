import type { GitLabState } from "../../model/state";
import { REVISION, VERSION } from "../../model/version";
import { idOf, json, type RequestContext } from "../http";
import { type Route, routesOf } from "../router";
import { projectJson, USER } from "./json";
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

const projects = (state: GitLabState, url: string, request: RequestContext): Response =>
  paged(
    url,
    request,
    [...state.projects].map((id) => ({ id })),
    ({ id }) => projectJson(url, id),
  );

/** The token's owner, the projects and the server's version. */
export const accountRestRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  const version = { version: VERSION, revision: REVISION };
  return [
    route("GET", "/user", () => json({ ...USER, is_admin: true })),
    route("GET", "/personal_access_tokens/self", () => json(token(state))),
    route("GET", "/version", () => json(version)),
    route("GET", "/metadata", () => json({ ...version, enterprise: false })),
    route("GET", "/projects", (request) => projects(state, url(), request)),
    route("GET", "/projects/:id", (request) => json(projectJson(url(), idOf(request, "id") ?? 0))),
  ];
};
