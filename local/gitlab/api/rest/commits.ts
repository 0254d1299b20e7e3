import { createPipeline } from "../../model/jobs";
import { randomText } from "../../model/random";
import type { GitLabState } from "../../model/state";
import { type BranchFiles, deleteBranch, filesOf, storeFiles } from "../../repository/files";
import { isProtected } from "../../repository/refs";
import { ApiError, badParameter, notFound } from "../api-error";
import { idOf, json, noContent, type RequestContext } from "../http";
import { RequestParameters, readParameters } from "../parameters";
import { type Route, routesOf } from "../router";
import { CI_FILE, jobsOfBranch } from "./ci-file";

const refused = (message: string): ApiError => new ApiError(400, { message });

const required = (parameters: RequestParameters, field: string): string => {
  const text = parameters.text(field);
  if (!text) throw badParameter(`${field} is missing`);
  return text;
};

const ACTIONS = ["create", "update", "delete"] as const;

const applied = (files: BranchFiles, action: RequestParameters): BranchFiles => {
  const path = required(action, "file_path");
  const kind = action.choice("action", ACTIONS) ?? "create";
  const isThere = files.has(path);
  if (kind === "create" && isThere) throw refused("A file with this name already exists");
  if (kind !== "create" && !isThere) throw refused("A file with this name doesn't exist");
  const next = new Map(files);
  if (kind === "delete") next.delete(path);
  else next.set(path, action.text("content") ?? "");
  return next;
};

const actionsOf = (parameters: RequestParameters): readonly RequestParameters[] => {
  const actions = parameters.raw("actions");
  if (!Array.isArray(actions)) throw badParameter("actions is missing");
  return actions.map((action) => new RequestParameters({ ...action }));
};

/** The files that a commit begins with. */
const before = (state: GitLabState, projectId: number, parameters: RequestParameters): BranchFiles => {
  const branch = required(parameters, "branch");
  const start = parameters.text("start_branch");
  const own = filesOf(state, projectId, branch);
  if (start === undefined) {
    if (own !== undefined) return own;
    throw refused("You can only create or edit files when you are on a branch");
  }
  if (own !== undefined && start !== branch) {
    throw refused(
      `A branch called '${branch}' already exists. Switch to that branch in order to make changes`,
    );
  }
  const files = filesOf(state, projectId, start);
  if (files === undefined) throw refused(`Invalid reference name: ${start}`);
  return files;
};

/** https://docs.gitlab.com/ci/pipelines/#skip-a-pipeline */
const SKIPS = /\[(ci skip|skip ci)\]/i;

const commit = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const projectId = idOf(request, "id") ?? 0;
  const branch = required(parameters, "branch");
  const message = required(parameters, "commit_message");
  const files = actionsOf(parameters).reduce(applied, before(state, projectId, parameters));
  storeFiles(state, projectId, branch, files);
  if (files.has(CI_FILE) && !SKIPS.test(message))
    createPipeline(state, projectId, jobsOfBranch(state, projectId, branch), branch);
  const id = randomText(20);
  return json({ id, short_id: id.slice(0, 8), title: message.split("\n")[0], message, parent_ids: [] }, 201);
};

const remove = (state: GitLabState, request: RequestContext): Response => {
  const projectId = idOf(request, "id") ?? 0;
  const name = request.req.param("name") ?? "";
  if (filesOf(state, projectId, name) === undefined) throw notFound("Branch");
  if (isProtected(state, projectId, { name, isTag: false }))
    throw new ApiError(403, { message: "Protected branch cant be removed" });
  deleteBranch(state, projectId, name);
  return noContent();
};

/** Commits and the branches that they make: https://docs.gitlab.com/api/commits/, https://docs.gitlab.com/api/branches/ */
export const commitRestRoutes = (state: GitLabState): readonly Route[] => {
  const route = routesOf("api", true);
  return [
    route("POST", "/projects/:id/repository/commits", (request) => commit(state, request)),
    route("DELETE", "/projects/:id/repository/branches/:name", (request) => remove(state, request)),
  ];
};
