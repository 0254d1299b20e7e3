import { RUNNER_TYPES, type StandInRunner } from "../../model/records";
import { createRunner, deleteRunner, jobsOfRunner, updateRunner } from "../../model/runners";
import type { GitLabState } from "../../model/state";
import { badParameter, badRequest, notFound } from "../api-error";
import { idOf, json, noContent, type RequestContext } from "../http";
import { ACCESS_LEVELS, readNewRunner } from "../new-runner-parameters";
import { queryParameters, type RequestParameters, readParameters } from "../parameters";
import { type Route, routesOf } from "../router";
import { jobJson, managerJson, projectJson, runnerDetailsJson, runnerJson } from "./json";
import { paged } from "./paging";

const findRunner = (state: GitLabState, request: RequestContext): StandInRunner => {
  const runner = state.runners.get(idOf(request, "id") ?? 0);
  if (runner === undefined) throw notFound("Runner");
  return runner;
};

const projectOf = (parameters: RequestParameters): number => {
  const projectId = parameters.integer("project_id");
  if (projectId === undefined) throw badParameter("project_id is missing");
  if (projectId < 1) throw badRequest("Project can't be blank");
  return projectId;
};

const create = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const type = parameters.choice("runner_type", RUNNER_TYPES);
  if (type === undefined) throw badParameter("runner_type is missing");
  const projectId = type === "project_type" ? projectOf(parameters) : undefined;
  const runner = createRunner(state, { ...readNewRunner(parameters), type, projectId, tokenPrefix: "glrt-" });
  if (typeof runner === "string") throw badRequest(runner);
  return json({ id: runner.id, token: runner.token, token_expires_at: null }, 201);
};

const isWanted = (state: GitLabState, parameters: RequestParameters, runner: StandInRunner): boolean => {
  const paused = parameters.flag("paused");
  const type = parameters.choice("type", RUNNER_TYPES);
  const status = parameters.text("status");
  const tags = parameters.list("tag_list") ?? [];
  return (
    (paused === undefined || runner.paused === paused) &&
    (type === undefined || runner.type === type) &&
    (status === undefined || runnerJson(state, runner).status === status) &&
    tags.every((tag) => runner.tags.includes(tag))
  );
};

const list = (state: GitLabState, url: string, request: RequestContext): Response => {
  const parameters = queryParameters(request);
  const projectId = idOf(request, "id");
  const runners = [...state.runners.values()].filter(
    (runner) =>
      (projectId === undefined || runner.projectId === projectId || runner.projectId === undefined) &&
      isWanted(state, parameters, runner),
  );
  return paged(url, request, runners, (runner) => runnerJson(state, runner));
};

const update = async (state: GitLabState, url: string, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const runner = findRunner(state, request);
  const active = parameters.flag("active");
  updateRunner(state, runner, {
    paused: parameters.flag("paused") ?? (active === undefined ? runner.paused : !active),
    description: parameters.text("description") ?? runner.description,
    tags: parameters.list("tag_list") ?? runner.tags,
    runUntagged: parameters.flag("run_untagged") ?? runner.runUntagged,
    locked: parameters.flag("locked") ?? runner.locked,
    accessLevel: parameters.choice("access_level", ACCESS_LEVELS) ?? runner.accessLevel,
    maximumTimeout: parameters.integer("maximum_timeout") ?? runner.maximumTimeout,
    maintenanceNote: parameters.text("maintenance_note") ?? runner.maintenanceNote,
  });
  return json(runnerDetailsJson(state, url, runner));
};

const remove = (state: GitLabState, request: RequestContext): Response => {
  deleteRunner(state, findRunner(state, request));
  return noContent();
};

/** The statuses that GitLab accepts as a filter. Without a filter, assigned jobs that are still pending are listed too. */
const JOB_FILTERS = ["running", "success", "failed", "canceled"] as const;

const jobs = (state: GitLabState, url: string, request: RequestContext): Response => {
  const parameters = queryParameters(request);
  const status = parameters.choice("status", JOB_FILTERS);
  const systemId = parameters.text("system_id");
  const assigned = jobsOfRunner(state, findRunner(state, request)).filter(
    (job) =>
      (status === undefined || job.status === status) &&
      (systemId === undefined || job.manager?.systemId === systemId),
  );
  return paged(url, request, assigned, (job) => ({
    ...jobJson(state, url, job),
    project: projectJson(state, url, job.pipeline.projectId),
  }));
};

/** Runners: https://docs.gitlab.com/api/runners/ and https://docs.gitlab.com/api/users/#create-a-runner */
export const runnerRestRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  return [
    route("POST", "/user/runners", (request) => create(state, request)),
    route("GET", "/runners", (request) => list(state, url(), request)),
    route("GET", "/runners/all", (request) => list(state, url(), request)),
    route("GET", "/projects/:id/runners", (request) => list(state, url(), request)),
    route("GET", "/runners/:id", (request) =>
      json(runnerDetailsJson(state, url(), findRunner(state, request))),
    ),
    route("PUT", "/runners/:id", (request) => update(state, url(), request)),
    route("DELETE", "/runners/:id", (request) => remove(state, request)),
    route("GET", "/runners/:id/jobs", (request) => jobs(state, url(), request)),
    route("GET", "/runners/:id/managers", (request) =>
      json([...findRunner(state, request).managers.values()].map((manager) => managerJson(state, manager))),
    ),
  ];
};
