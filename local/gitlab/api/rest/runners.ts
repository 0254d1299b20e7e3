import { RUNNER_TYPES, type StandInRunner } from "../../model/records";
import { createRunner, deleteRunner, jobsOfRunner, updateRunner } from "../../model/runners";
import type { GitLabState } from "../../model/state";
import {
  type Answer,
  badParameter,
  badRequest,
  type Call,
  notFound,
  type Parameters,
  queryParameters,
  readParameters,
} from "../http";
import { readNewRunner } from "../new-runner-parameters";
import { type Route, routesOf } from "../router";
import { jobJson, managerJson, projectJson, runnerDetailsJson, runnerJson } from "./json";
import { paged } from "./paging";

const findRunner = (state: GitLabState, call: Call): StandInRunner => {
  const runner = state.runners.get(call.ids.id ?? 0);
  if (runner === undefined) throw notFound("Runner");
  return runner;
};

const projectOf = (parameters: Parameters): number => {
  const projectId = parameters.integer("project_id");
  if (projectId === undefined) throw badParameter("project_id is missing");
  if (projectId < 1) throw badRequest("Project can't be blank");
  return projectId;
};

const create = async (state: GitLabState, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const type = parameters.choice("runner_type", RUNNER_TYPES);
  if (type === undefined) throw badParameter("runner_type is missing");
  const projectId = type === "project_type" ? projectOf(parameters) : undefined;
  const runner = createRunner(state, { ...readNewRunner(parameters), type, projectId, tokenPrefix: "glrt-" });
  if (typeof runner === "string") throw badRequest(runner);
  return { status: 201, body: { id: runner.id, token: runner.token, token_expires_at: null } };
};

const isWanted = (state: GitLabState, parameters: Parameters, runner: StandInRunner): boolean => {
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

const list = (state: GitLabState, url: string, call: Call): Answer => {
  const parameters = queryParameters(call);
  const projectId = call.ids.id;
  const runners = [...state.runners.values()].filter(
    (runner) =>
      (projectId === undefined || runner.projectId === projectId || runner.projectId === undefined) &&
      isWanted(state, parameters, runner),
  );
  return paged(url, call, runners, (runner) => runnerJson(state, runner));
};

const update = async (state: GitLabState, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = findRunner(state, call);
  const active = parameters.flag("active");
  updateRunner(state, runner, {
    paused: parameters.flag("paused") ?? (active === undefined ? runner.paused : !active),
    description: parameters.text("description") ?? runner.description,
    tags: parameters.list("tag_list") ?? runner.tags,
    runUntagged: parameters.flag("run_untagged") ?? runner.runUntagged,
    locked: parameters.flag("locked") ?? runner.locked,
    maximumTimeout: parameters.integer("maximum_timeout") ?? runner.maximumTimeout,
    maintenanceNote: parameters.text("maintenance_note") ?? runner.maintenanceNote,
  });
  return { status: 200, body: runnerDetailsJson(state, url, runner) };
};

const remove = (state: GitLabState, call: Call): Answer => {
  deleteRunner(state, findRunner(state, call));
  return { status: 204 };
};

/** GitLab filters by these alone; without a filter an assigned job that is still pending shows too. */
const JOB_FILTERS = ["running", "success", "failed", "canceled"] as const;

const jobs = (state: GitLabState, url: string, call: Call): Answer => {
  const parameters = queryParameters(call);
  const status = parameters.choice("status", JOB_FILTERS);
  const systemId = parameters.text("system_id");
  const assigned = jobsOfRunner(state, findRunner(state, call)).filter(
    (job) =>
      (status === undefined || job.status === status) &&
      (systemId === undefined || job.manager?.systemId === systemId),
  );
  return paged(url, call, assigned, (job) => ({
    ...jobJson(state, url, job),
    project: projectJson(url, job.pipeline.projectId),
  }));
};

/** Runners: https://docs.gitlab.com/api/runners/ and https://docs.gitlab.com/api/users/#create-a-runner */
export const runnerRestRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  return [
    route("POST", "/user/runners", (call) => create(state, call)),
    route("GET", "/runners", (call) => list(state, url(), call)),
    route("GET", "/runners/all", (call) => list(state, url(), call)),
    route("GET", "/projects/:id/runners", (call) => list(state, url(), call)),
    route("GET", "/runners/:id", (call) => ({
      status: 200,
      body: runnerDetailsJson(state, url(), findRunner(state, call)),
    })),
    route("PUT", "/runners/:id", (call) => update(state, url(), call)),
    route("DELETE", "/runners/:id", (call) => remove(state, call)),
    route("GET", "/runners/:id/jobs", (call) => jobs(state, url(), call)),
    route("GET", "/runners/:id/managers", (call) => ({
      status: 200,
      body: [...findRunner(state, call).managers.values()].map((manager) => managerJson(state, manager)),
    })),
  ];
};
