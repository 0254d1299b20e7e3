import { cancel, createPipeline, play, retry } from "../../model/jobs";
import type { Job, Pipeline } from "../../model/records";
import type { World } from "../../model/state";
import { type Answer, ApiError, type Call, notFound, readParameters } from "../http";
import { type Route, routesOf } from "../router";
import { parseJobSpecs } from "./job-specs";
import { jobJson, pipelineJson } from "./json";
import { paged } from "./paging";

const findJob = (world: World, call: Call): Job => {
  const job = world.jobs.get(call.ids.job_id ?? 0);
  if (job === undefined || job.pipeline.projectId !== call.ids.id) throw notFound();
  return job;
};

const findPipeline = (world: World, call: Call): Pipeline => {
  const pipeline = world.pipelines.get(call.ids.pipeline_id ?? 0);
  if (pipeline === undefined || pipeline.projectId !== call.ids.id) throw notFound();
  return pipeline;
};

const create = async (world: World, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const pipeline = createPipeline(world, call.ids.id ?? 0, parseJobSpecs(parameters.raw("jobs")));
  const jobs = pipeline.jobs.map((job) => jobJson(world, url, job));
  return { status: 201, body: { ...pipelineJson(url, pipeline), jobs } };
};

const scopeOf = (call: Call): readonly string[] => {
  const query = call.url.searchParams;
  return [...query.getAll("scope[]"), ...query.getAll("scope")];
};

const inScope = (call: Call, jobs: Iterable<Job>): readonly Job[] => {
  const scope = scopeOf(call);
  return [...jobs].filter((job) => scope.length === 0 || scope.includes(job.status));
};

const listJobs = (world: World, url: string, call: Call): Answer => {
  const jobs = [...world.jobs.values()].filter((job) => job.pipeline.projectId === call.ids.id);
  return paged(url, call, inScope(call, jobs), (job) => jobJson(world, url, job));
};

const listPipelines = (world: World, url: string, call: Call): Answer => {
  const projectId = call.ids.id;
  const isMeant = (pipeline: Pipeline) => projectId === undefined || pipeline.projectId === projectId;
  const pipelines = [...world.pipelines.values()].filter(isMeant);
  return paged(url, call, pipelines, (pipeline) => pipelineJson(url, pipeline));
};

const cancelJob = async (world: World, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const job = findJob(world, call);
  cancel(world, job, parameters.flag("force") ?? false);
  return { status: 201, body: jobJson(world, url, job) };
};

const retryJob = (world: World, url: string, call: Call): Answer => {
  const again = retry(world, findJob(world, call));
  if (again === undefined) throw new ApiError(403, { message: "403 Forbidden - Job is not retryable" });
  return { status: 201, body: jobJson(world, url, again) };
};

const playJob = (world: World, url: string, call: Call): Answer => {
  const job = findJob(world, call);
  if (!play(world, job)) throw new ApiError(400, { message: "400 Bad request - Unplayable Job" });
  return { status: 200, body: jobJson(world, url, job) };
};

const cancelPipeline = (world: World, url: string, call: Call): Answer => {
  const pipeline = findPipeline(world, call);
  for (const job of pipeline.jobs) cancel(world, job);
  return { status: 200, body: pipelineJson(url, pipeline) };
};

const trace = (world: World, call: Call): Answer => ({
  status: 200,
  body: findJob(world, call).trace.bytes(),
  headers: { "content-type": "text/plain; charset=utf-8" },
});

/** Pipelines and jobs: https://docs.gitlab.com/api/pipelines/ and https://docs.gitlab.com/api/jobs/ */
export const jobRestRoutes = (world: World, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  const project = "/projects/:id";
  return [
    route("POST", `${project}/pipeline`, (call) => create(world, url(), call)),
    route("GET", `${project}/pipelines`, (call) => listPipelines(world, url(), call)),
    route("GET", "/pipelines", (call) => listPipelines(world, url(), call)),
    route("GET", `${project}/pipelines/:pipeline_id`, (call) => ({
      status: 200,
      body: pipelineJson(url(), findPipeline(world, call)),
    })),
    route("GET", `${project}/pipelines/:pipeline_id/jobs`, (call) =>
      paged(url(), call, inScope(call, findPipeline(world, call).jobs), (job) => jobJson(world, url(), job)),
    ),
    route("POST", `${project}/pipelines/:pipeline_id/cancel`, (call) => cancelPipeline(world, url(), call)),
    route("GET", `${project}/jobs`, (call) => listJobs(world, url(), call)),
    route("GET", `${project}/jobs/:job_id`, (call) => ({
      status: 200,
      body: jobJson(world, url(), findJob(world, call)),
    })),
    route("GET", `${project}/jobs/:job_id/trace`, (call) => trace(world, call)),
    route("POST", `${project}/jobs/:job_id/cancel`, (call) => cancelJob(world, url(), call)),
    route("POST", `${project}/jobs/:job_id/retry`, (call) => retryJob(world, url(), call)),
    route("POST", `${project}/jobs/:job_id/play`, (call) => playJob(world, url(), call)),
  ];
};
