import type { GitLabState } from "../../model/state";
import { createTag, isProtected, isThere, protectedNames, type StandInRef } from "../../repository/refs";
import { ApiError, badParameter, notFound } from "../api-error";
import { idOf, json, noContent, type RequestContext } from "../http";
import { readParameters } from "../parameters";
import { type Route, routesOf } from "../router";

const projectOf = (request: RequestContext): number => idOf(request, "id") ?? 0;
const nameOf = (request: RequestContext): string => request.req.param("name") ?? "";

const refJson = (state: GitLabState, projectId: number, ref: StandInRef) => ({
  name: ref.name,
  protected: isProtected(state, projectId, ref),
  ...(ref.isTag ? { message: "", target: "" } : { merged: false, default: ref.name === "main" }),
});

const show = (state: GitLabState, request: RequestContext, isTag: boolean): Response => {
  const ref = { name: nameOf(request), isTag };
  if (!isThere(state, projectOf(request), ref)) throw notFound(isTag ? "Tag" : "Branch");
  return json(refJson(state, projectOf(request), ref));
};

const textOf = async (request: RequestContext, field: string): Promise<string> => {
  const text = (await readParameters(request)).text(field);
  if (!text) throw badParameter(`${field} is missing`);
  return text;
};

const makeTag = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const name = await textOf(request, "tag_name");
  createTag(state, projectOf(request), name);
  return json(refJson(state, projectOf(request), { name, isTag: true }), 201);
};

type Kind = "branches" | "tags";

const list = (state: GitLabState, request: RequestContext, kind: Kind): Response =>
  json([...protectedNames(state, projectOf(request))[kind]].map((name) => ({ name })));

const protect = async (state: GitLabState, request: RequestContext, kind: Kind): Promise<Response> => {
  const name = await textOf(request, "name");
  const names = protectedNames(state, projectOf(request))[kind];
  if (names.has(name)) throw new ApiError(409, { message: `Protected ${kind} '${name}' already exists` });
  names.add(name);
  return json({ name }, 201);
};

const unprotect = (state: GitLabState, request: RequestContext, kind: Kind): Response => {
  if (!protectedNames(state, projectOf(request))[kind].delete(nameOf(request))) throw notFound();
  return noContent();
};

/**
 * Branches, tags and their protection: https://docs.gitlab.com/api/branches/, https://docs.gitlab.com/api/tags/,
 * https://docs.gitlab.com/api/protected_branches/, https://docs.gitlab.com/api/protected_tags/
 */
export const refRestRoutes = (state: GitLabState): readonly Route[] => {
  const route = routesOf("api", true);
  const protectedRoutes = (["branches", "tags"] as const).flatMap((kind) => [
    route("GET", `/projects/:id/protected_${kind}`, (request) => list(state, request, kind)),
    route("POST", `/projects/:id/protected_${kind}`, (request) => protect(state, request, kind)),
    route("DELETE", `/projects/:id/protected_${kind}/:name`, (request) => unprotect(state, request, kind)),
  ]);
  return [
    route("GET", "/projects/:id/repository/branches/:name", (request) => show(state, request, false)),
    route("GET", "/projects/:id/repository/tags/:name", (request) => show(state, request, true)),
    route("POST", "/projects/:id/repository/tags", (request) => makeTag(state, request)),
    ...protectedRoutes,
  ];
};
