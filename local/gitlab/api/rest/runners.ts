import { RUNNER_TYPES, type RunnerRecord } from "../../model/records";
import { createRunner, deleteRunner, jobsOfRunner, updateRunner } from "../../model/runners";
import type { World } from "../../model/state";
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
import { runnerWishes } from "../new-runner-parameters";
import { type Route, routesOf } from "../router";
import { jobJson, managerJson, projectJson, runnerDetailsJson, runnerJson } from "./json";
import { paged } from "./paging";

const findRunner = (world: World, call: Call): RunnerRecord => {
  const runner = world.runners.get(call.ids.id ?? 0);
  if (runner === undefined) throw notFound("Runner");
  return runner;
};

const projectOf = (parameters: Parameters): number => {
  const projectId = parameters.integer("project_id");
  if (projectId === undefined) throw badParameter("project_id is missing");
  if (projectId < 1) throw badRequest("Project can't be blank");
  return projectId;
};

const create = async (world: World, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const type = parameters.choice("runner_type", RUNNER_TYPES);
  if (type === undefined) throw badParameter("runner_type is missing");
  const projectId = type === "project_type" ? projectOf(parameters) : undefined;
  const runner = createRunner(world, { ...runnerWishes(parameters), type, projectId, tokenPrefix: "glrt-" });
  if (typeof runner === "string") throw badRequest(runner);
  return { status: 201, body: { id: runner.id, token: runner.token, token_expires_at: null } };
};

const isWanted = (world: World, parameters: Parameters, runner: RunnerRecord): boolean => {
  const paused = parameters.flag("paused");
  const type = parameters.choice("type", RUNNER_TYPES);
  const status = parameters.text("status");
  const tags = parameters.list("tag_list") ?? [];
  return (
    (paused === undefined || runner.paused === paused) &&
    (type === undefined || runner.type === type) &&
    (status === undefined || runnerJson(world, runner).status === status) &&
    tags.every((tag) => runner.tags.includes(tag))
  );
};

const list = (world: World, url: string, call: Call): Answer => {
  const parameters = queryParameters(call);
  const projectId = call.ids.id;
  const runners = [...world.runners.values()].filter(
    (runner) =>
      (projectId === undefined || runner.projectId === projectId || runner.projectId === undefined) &&
      isWanted(world, parameters, runner),
  );
  return paged(url, call, runners, (runner) => runnerJson(world, runner));
};

const update = async (world: World, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = findRunner(world, call);
  const active = parameters.flag("active");
  updateRunner(world, runner, {
    paused: parameters.flag("paused") ?? (active === undefined ? runner.paused : !active),
    description: parameters.text("description") ?? runner.description,
    tags: parameters.list("tag_list") ?? runner.tags,
    runUntagged: parameters.flag("run_untagged") ?? runner.runUntagged,
    locked: parameters.flag("locked") ?? runner.locked,
    maximumTimeout: parameters.integer("maximum_timeout") ?? runner.maximumTimeout,
    maintenanceNote: parameters.text("maintenance_note") ?? runner.maintenanceNote,
  });
  return { status: 200, body: runnerDetailsJson(world, url, runner) };
};

const remove = (world: World, call: Call): Answer => {
  deleteRunner(world, findRunner(world, call));
  return { status: 204 };
};

/** GitLab filters by these alone; without a filter an assigned job that is still pending shows too. */
const JOB_FILTERS = ["running", "success", "failed", "canceled"] as const;

const jobs = (world: World, url: string, call: Call): Answer => {
  const parameters = queryParameters(call);
  const status = parameters.choice("status", JOB_FILTERS);
  const systemId = parameters.text("system_id");
  const assigned = jobsOfRunner(world, findRunner(world, call)).filter(
    (job) =>
      (status === undefined || job.status === status) &&
      (systemId === undefined || job.manager?.systemId === systemId),
  );
  return paged(url, call, assigned, (job) => ({
    ...jobJson(world, url, job),
    project: projectJson(url, job.pipeline.projectId),
  }));
};

/** Runners: https://docs.gitlab.com/api/runners/ and https://docs.gitlab.com/api/users/#create-a-runner */
export const runnerRestRoutes = (world: World, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  return [
    route("POST", "/user/runners", (call) => create(world, call)),
    route("GET", "/runners", (call) => list(world, url(), call)),
    route("GET", "/runners/all", (call) => list(world, url(), call)),
    route("GET", "/projects/:id/runners", (call) => list(world, url(), call)),
    route("GET", "/runners/:id", (call) => ({
      status: 200,
      body: runnerDetailsJson(world, url(), findRunner(world, call)),
    })),
    route("PUT", "/runners/:id", (call) => update(world, url(), call)),
    route("DELETE", "/runners/:id", (call) => remove(world, call)),
    route("GET", "/runners/:id/jobs", (call) => jobs(world, url(), call)),
    route("GET", "/runners/:id/managers", (call) => ({
      status: 200,
      body: [...findRunner(world, call).managers.values()].map((manager) => managerJson(world, manager)),
    })),
  ];
};
