import { cancel, createPipeline, play, retry } from "../../model/jobs";
import type { Pipeline, StandInJob } from "../../model/records";
import type { GitLabState } from "../../model/state";
import { ApiError, notFound } from "../api-error";
import { idOf, json, plainText, queryOf, type RequestContext } from "../http";
import { readParameters } from "../parameters";
import { type Route, routesOf } from "../router";
import { jobsOfBranch } from "./ci-file";
import { parseJobSpecs } from "./job-specs";
import { jobJson, pipelineJson } from "./json";
import { paged } from "./paging";

const findJob = (state: GitLabState, request: RequestContext): StandInJob => {
  const job = state.jobs.get(idOf(request, "job_id") ?? 0);
  if (job === undefined || job.pipeline.projectId !== idOf(request, "id")) throw notFound();
  return job;
};

const findPipeline = (state: GitLabState, request: RequestContext): Pipeline => {
  const pipeline = state.pipelines.get(idOf(request, "pipeline_id") ?? 0);
  if (pipeline === undefined || pipeline.projectId !== idOf(request, "id")) throw notFound();
  return pipeline;
};

const create = async (state: GitLabState, url: string, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const projectId = idOf(request, "id") ?? 0;
  const ref = parameters.text("ref");
  // GitLab itself knows no jobs here: it reads the branch's configuration.
  const specs =
    ref === undefined || parameters.has("jobs")
      ? parseJobSpecs(parameters.raw("jobs"))
      : jobsOfBranch(state, projectId, ref);
  const pipeline = createPipeline(state, projectId, specs, ref);
  const jobs = pipeline.jobs.map((job) => jobJson(state, url, job));
  return json({ ...pipelineJson(url, pipeline), jobs }, 201);
};

const scopeOf = (request: RequestContext): readonly string[] => {
  const query = queryOf(request);
  return [...query.getAll("scope[]"), ...query.getAll("scope")];
};

const inScope = (request: RequestContext, jobs: Iterable<StandInJob>): readonly StandInJob[] => {
  const scope = scopeOf(request);
  return [...jobs].filter((job) => scope.length === 0 || scope.includes(job.status));
};

const listJobs = (state: GitLabState, url: string, request: RequestContext): Response => {
  const jobs = [...state.jobs.values()].filter((job) => job.pipeline.projectId === idOf(request, "id"));
  return paged(url, request, inScope(request, jobs), (job) => jobJson(state, url, job));
};

const listPipelines = (state: GitLabState, url: string, request: RequestContext): Response => {
  const projectId = idOf(request, "id");
  const isMeant = (pipeline: Pipeline) => projectId === undefined || pipeline.projectId === projectId;
  const pipelines = [...state.pipelines.values()].filter(isMeant);
  return paged(url, request, pipelines, (pipeline) => pipelineJson(url, pipeline));
};

const cancelJob = async (state: GitLabState, url: string, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const job = findJob(state, request);
  cancel(state, job, parameters.flag("force") ?? false);
  return json(jobJson(state, url, job), 201);
};

const retryJob = (state: GitLabState, url: string, request: RequestContext): Response => {
  const again = retry(state, findJob(state, request));
  if (again === undefined) throw new ApiError(403, { message: "403 Forbidden - Job is not retryable" });
  return json(jobJson(state, url, again), 201);
};

const playJob = (state: GitLabState, url: string, request: RequestContext): Response => {
  const job = findJob(state, request);
  if (!play(state, job)) throw new ApiError(400, { message: "400 Bad request - Unplayable Job" });
  return json(jobJson(state, url, job));
};

const cancelPipeline = (state: GitLabState, url: string, request: RequestContext): Response => {
  const pipeline = findPipeline(state, request);
  for (const job of pipeline.jobs) cancel(state, job);
  return json(pipelineJson(url, pipeline));
};

const trace = (state: GitLabState, request: RequestContext): Response =>
  plainText(findJob(state, request).trace.bytes());

/** Pipelines and jobs: https://docs.gitlab.com/api/pipelines/ and https://docs.gitlab.com/api/jobs/ */
export const jobRestRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  const project = "/projects/:id";
  return [
    route("POST", `${project}/pipeline`, (request) => create(state, url(), request)),
    route("GET", `${project}/pipelines`, (request) => listPipelines(state, url(), request)),
    route("GET", "/pipelines", (request) => listPipelines(state, url(), request)),
    route("GET", `${project}/pipelines/:pipeline_id`, (request) =>
      json(pipelineJson(url(), findPipeline(state, request))),
    ),
    route("GET", `${project}/pipelines/:pipeline_id/jobs`, (request) =>
      paged(url(), request, inScope(request, findPipeline(state, request).jobs), (job) =>
        jobJson(state, url(), job),
      ),
    ),
    route("POST", `${project}/pipelines/:pipeline_id/cancel`, (request) =>
      cancelPipeline(state, url(), request),
    ),
    route("GET", `${project}/jobs`, (request) => listJobs(state, url(), request)),
    route("GET", `${project}/jobs/:job_id`, (request) =>
      json(jobJson(state, url(), findJob(state, request))),
    ),
    route("GET", `${project}/jobs/:job_id/trace`, (request) => trace(state, request)),
    route("POST", `${project}/jobs/:job_id/cancel`, (request) => cancelJob(state, url(), request)),
    route("POST", `${project}/jobs/:job_id/retry`, (request) => retryJob(state, url(), request)),
    route("POST", `${project}/jobs/:job_id/play`, (request) => playJob(state, url(), request)),
  ];
};
