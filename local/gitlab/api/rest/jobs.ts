import { cancel, createPipeline, play, retry } from "../../model/jobs";
import type { Pipeline, StandInJob } from "../../model/records";
import type { GitLabState } from "../../model/state";
import { type Answer, ApiError, type Call, notFound, readParameters } from "../http";
import { type Route, routesOf } from "../router";
import { parseJobSpecs } from "./job-specs";
import { jobJson, pipelineJson } from "./json";
import { paged } from "./paging";

const findJob = (state: GitLabState, call: Call): StandInJob => {
  const job = state.jobs.get(call.ids.job_id ?? 0);
  if (job === undefined || job.pipeline.projectId !== call.ids.id) throw notFound();
  return job;
};

const findPipeline = (state: GitLabState, call: Call): Pipeline => {
  const pipeline = state.pipelines.get(call.ids.pipeline_id ?? 0);
  if (pipeline === undefined || pipeline.projectId !== call.ids.id) throw notFound();
  return pipeline;
};

const create = async (state: GitLabState, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const pipeline = createPipeline(state, call.ids.id ?? 0, parseJobSpecs(parameters.raw("jobs")));
  const jobs = pipeline.jobs.map((job) => jobJson(state, url, job));
  return { status: 201, body: { ...pipelineJson(url, pipeline), jobs } };
};

const scopeOf = (call: Call): readonly string[] => {
  const query = call.url.searchParams;
  return [...query.getAll("scope[]"), ...query.getAll("scope")];
};

const inScope = (call: Call, jobs: Iterable<StandInJob>): readonly StandInJob[] => {
  const scope = scopeOf(call);
  return [...jobs].filter((job) => scope.length === 0 || scope.includes(job.status));
};

const listJobs = (state: GitLabState, url: string, call: Call): Answer => {
  const jobs = [...state.jobs.values()].filter((job) => job.pipeline.projectId === call.ids.id);
  return paged(url, call, inScope(call, jobs), (job) => jobJson(state, url, job));
};

const listPipelines = (state: GitLabState, url: string, call: Call): Answer => {
  const projectId = call.ids.id;
  const isMeant = (pipeline: Pipeline) => projectId === undefined || pipeline.projectId === projectId;
  const pipelines = [...state.pipelines.values()].filter(isMeant);
  return paged(url, call, pipelines, (pipeline) => pipelineJson(url, pipeline));
};

const cancelJob = async (state: GitLabState, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const job = findJob(state, call);
  cancel(state, job, parameters.flag("force") ?? false);
  return { status: 201, body: jobJson(state, url, job) };
};

const retryJob = (state: GitLabState, url: string, call: Call): Answer => {
  const again = retry(state, findJob(state, call));
  if (again === undefined) throw new ApiError(403, { message: "403 Forbidden - Job is not retryable" });
  return { status: 201, body: jobJson(state, url, again) };
};

const playJob = (state: GitLabState, url: string, call: Call): Answer => {
  const job = findJob(state, call);
  if (!play(state, job)) throw new ApiError(400, { message: "400 Bad request - Unplayable Job" });
  return { status: 200, body: jobJson(state, url, job) };
};

const cancelPipeline = (state: GitLabState, url: string, call: Call): Answer => {
  const pipeline = findPipeline(state, call);
  for (const job of pipeline.jobs) cancel(state, job);
  return { status: 200, body: pipelineJson(url, pipeline) };
};

const trace = (state: GitLabState, call: Call): Answer => ({
  status: 200,
  body: findJob(state, call).trace.bytes(),
  headers: { "content-type": "text/plain; charset=utf-8" },
});

/** Pipelines and jobs: https://docs.gitlab.com/api/pipelines/ and https://docs.gitlab.com/api/jobs/ */
export const jobRestRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  const project = "/projects/:id";
  return [
    route("POST", `${project}/pipeline`, (call) => create(state, url(), call)),
    route("GET", `${project}/pipelines`, (call) => listPipelines(state, url(), call)),
    route("GET", "/pipelines", (call) => listPipelines(state, url(), call)),
    route("GET", `${project}/pipelines/:pipeline_id`, (call) => ({
      status: 200,
      body: pipelineJson(url(), findPipeline(state, call)),
    })),
    route("GET", `${project}/pipelines/:pipeline_id/jobs`, (call) =>
      paged(url(), call, inScope(call, findPipeline(state, call).jobs), (job) => jobJson(state, url(), job)),
    ),
    route("POST", `${project}/pipelines/:pipeline_id/cancel`, (call) => cancelPipeline(state, url(), call)),
    route("GET", `${project}/jobs`, (call) => listJobs(state, url(), call)),
    route("GET", `${project}/jobs/:job_id`, (call) => ({
      status: 200,
      body: jobJson(state, url(), findJob(state, call)),
    })),
    route("GET", `${project}/jobs/:job_id/trace`, (call) => trace(state, call)),
    route("POST", `${project}/jobs/:job_id/cancel`, (call) => cancelJob(state, url(), call)),
    route("POST", `${project}/jobs/:job_id/retry`, (call) => retryJob(state, url(), call)),
    route("POST", `${project}/jobs/:job_id/play`, (call) => playJob(state, url(), call)),
  ];
};
