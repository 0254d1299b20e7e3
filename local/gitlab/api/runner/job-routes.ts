import { finish, start } from "../../model/jobs";
import type { StandInJob } from "../../model/records";
import type { GitLabState } from "../../model/state";
import { ApiError, badParameter, forbidden, notFound } from "../api-error";
import { discardBody, idOf, json, queryOf, type RequestContext, readBody } from "../http";
import { RequestParameters, readParameters } from "../parameters";
import { type Route, routesOf } from "../router";

/** Seconds between log updates; GitLab's value while the job's log is being watched. */
const UPDATE_INTERVAL = "3";

const tokenOf = (request: RequestContext, parameters: RequestParameters): string =>
  parameters.text("token") ?? request.req.header("job-token") ?? "";

const findJob = (state: GitLabState, request: RequestContext): StandInJob => {
  const job = state.jobs.get(idOf(request, "id") ?? 0);
  if (job === undefined) throw forbidden();
  return job;
};

/** Finds the job by its job token. For a job that has ended the answer is 403 with its status, which aborts the runner. */
const authenticate = (
  state: GitLabState,
  request: RequestContext,
  parameters: RequestParameters,
): StandInJob => {
  const job = findJob(state, request);
  const token = tokenOf(request, parameters);
  // This assignment was not confirmed in time, and the job was released.
  if (job.staleTokens.has(token)) throw new ApiError(409, { message: "409 Conflict" });
  if (token === "" || job.token !== token) throw forbidden();
  const isAtWork = job.status === "running" || job.status === "canceling" || job.status === "pending";
  if (!isAtWork) throw forbidden("Job is not processing on runner", { "Job-Status": job.status });
  job.reportedAt = state.clock.now();
  if (job.runner !== undefined) job.runner.contactedAt = state.clock.now();
  return job;
};

const updated = (job: StandInJob, status: 200 | 400): Response =>
  json(status === 200 ? 200 : { message: "400 Bad request" }, status, {
    "Job-Status": job.status,
    "X-GitLab-Trace-Update-Interval": UPDATE_INTERVAL,
  });

/** Second phase: `pending` keeps the assignment, `running` confirms it. 400 when the runner was deleted. */
const confirm = (state: GitLabState, job: StandInJob, wanted: string): Response => {
  if (wanted === "pending") {
    job.assignedAt = state.clock.now();
    return updated(job, 200);
  }
  const isConfirmed = wanted === "running" && job.runner?.deleted === false;
  if (isConfirmed) start(state, job);
  return updated(job, isConfirmed ? 200 : 400);
};

const report = (
  state: GitLabState,
  job: StandInJob,
  wanted: string,
  parameters: RequestParameters,
): Response => {
  if (wanted === "running") return updated(job, 200);
  if (wanted !== "success" && wanted !== "failed") return updated(job, 400);
  job.exitCode = parameters.integer("exit_code");
  const reason = parameters.text("failure_reason");
  finish(state, job, reason === "job_canceled" ? "canceled" : wanted, reason);
  return updated(job, 200);
};

const update = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const job = authenticate(state, request, parameters);
  const wanted = parameters.text("state") ?? "";
  return job.status === "pending" ? confirm(state, job, wanted) : report(state, job, wanted, parameters);
};

const appendTrace = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const bytes = await readBody(request);
  const job = authenticate(state, request, new RequestParameters({}));
  const range = request.req.header("content-range");
  if (range === undefined) throw badParameter("400 Missing header Content-Range");
  if (job.status === "pending")
    throw forbidden("Job is not processing on runner", { "Job-Status": job.status });
  const outcome = job.trace.append(range, bytes).kind;
  const headers = { Range: `0-${job.trace.size}` };
  if (outcome === "out-of-range") throw new ApiError(416, { error: "416 Range Not Satisfiable" }, headers);
  if (outcome === "too-long") {
    finish(state, job, "failed", "trace_size_exceeded");
    throw forbidden(undefined, { "Job-Status": job.status });
  }
  state.onChange(job);
  const more = { "Job-Status": job.status, "X-GitLab-Trace-Update-Interval": UPDATE_INTERVAL };
  return json(202, 202, { ...headers, ...more });
};

/** Artifacts are accepted and their size is recorded; the content is not kept. */
const addArtifact = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const job = authenticate(state, request, new RequestParameters({}));
  const query = queryOf(request);
  const size = await discardBody(request);
  const fileType = query.get("artifact_type") ?? "archive";
  job.artifacts.push({ fileType, format: query.get("artifact_format") ?? "zip", size });
  return json(201, 201);
};

const noArtifact = (state: GitLabState, request: RequestContext): Response => {
  findJob(state, request);
  throw notFound();
};

/** The requests of a runner for its job, authenticated by the job token. */
export const jobRoutes = (state: GitLabState): readonly Route[] => {
  const route = routesOf("runner", false);
  return [
    route("PUT", "/jobs/:id", (request) => update(state, request)),
    route("PATCH", "/jobs/:id/trace", (request) => appendTrace(state, request)),
    route("POST", "/jobs/:id/artifacts", (request) => addArtifact(state, request)),
    route("GET", "/jobs/:id/artifacts", (request) => noArtifact(state, request)),
  ];
};
