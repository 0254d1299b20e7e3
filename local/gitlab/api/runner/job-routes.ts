import { finish, start } from "../../model/jobs";
import type { StandInJob } from "../../model/records";
import type { GitLabState } from "../../model/state";
import {
  type Answer,
  ApiError,
  badParameter,
  type Call,
  discardBody,
  forbidden,
  notFound,
  Parameters,
  readBody,
  readParameters,
} from "../http";
import { type Route, routesOf } from "../router";

/** How often a runner is to send its log, in seconds: somebody is looking. */
const UPDATE_INTERVAL = "3";

const tokenOf = (call: Call, parameters: Parameters): string =>
  parameters.text("token") ?? String(call.request.headers["job-token"] ?? "");

const findJob = (state: GitLabState, call: Call): StandInJob => {
  const job = state.jobs.get(call.ids.id ?? 0);
  if (job === undefined) throw forbidden();
  return job;
};

/** The job of a call by its job token. What no longer runs is a 403 with the status that it has (abort). */
const authenticate = (state: GitLabState, call: Call, parameters: Parameters): StandInJob => {
  const job = findJob(state, call);
  const token = tokenOf(call, parameters);
  // The assignment was never confirmed and is somebody else's now.
  if (job.staleTokens.has(token)) throw new ApiError(409, { message: "409 Conflict" });
  if (token === "" || job.token !== token) throw forbidden();
  const isAtWork = job.status === "running" || job.status === "canceling" || job.status === "pending";
  if (!isAtWork) throw forbidden("Job is not processing on runner", { "Job-Status": job.status });
  job.reportedAt = state.clock.now();
  if (job.runner !== undefined) job.runner.contactedAt = state.clock.now();
  return job;
};

const updated = (job: StandInJob, status: number): Answer => ({
  status,
  body: status === 200 ? "200" : { message: `${status} ${status === 400 ? "Bad request" : "Conflict"}` },
  headers: { "Job-Status": job.status, "X-GitLab-Trace-Update-Interval": UPDATE_INTERVAL },
});

/** Second phase: `pending` keeps the assignment, `running` confirms it. 400 when the runner's manager is gone. */
const confirm = (state: GitLabState, job: StandInJob, wanted: string): Answer => {
  if (wanted === "pending") {
    job.assignedAt = state.clock.now();
    return updated(job, 200);
  }
  const isConfirmed = wanted === "running" && job.runner?.deleted === false;
  if (isConfirmed) start(state, job);
  return updated(job, isConfirmed ? 200 : 400);
};

const report = (state: GitLabState, job: StandInJob, wanted: string, parameters: Parameters): Answer => {
  if (wanted === "running") return updated(job, 200);
  if (wanted !== "success" && wanted !== "failed") return updated(job, 400);
  job.exitCode = parameters.integer("exit_code");
  const reason = parameters.text("failure_reason");
  finish(state, job, reason === "job_canceled" ? "canceled" : wanted, reason);
  return updated(job, 200);
};

const update = async (state: GitLabState, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const job = authenticate(state, call, parameters);
  const wanted = parameters.text("state") ?? "";
  return job.status === "pending" ? confirm(state, job, wanted) : report(state, job, wanted, parameters);
};

const appendTrace = async (state: GitLabState, call: Call): Promise<Answer> => {
  const bytes = await readBody(call.request);
  const job = authenticate(state, call, new Parameters({}));
  const range = call.request.headers["content-range"];
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
  return { status: 202, body: "202", headers: { ...headers, ...more } };
};

/** Artifacts are taken and counted; their content is not kept. */
const addArtifact = async (state: GitLabState, call: Call): Promise<Answer> => {
  const job = authenticate(state, call, new Parameters({}));
  const query = call.url.searchParams;
  const size = await discardBody(call.request);
  const fileType = query.get("artifact_type") ?? "archive";
  job.artifacts.push({ fileType, format: query.get("artifact_format") ?? "zip", size });
  return { status: 201, body: "201" };
};

const noArtifact = (state: GitLabState, call: Call): Answer => {
  findJob(state, call);
  throw notFound();
};

/** What a runner calls for its job, with the job token. */
export const jobRoutes = (state: GitLabState): readonly Route[] => {
  const route = routesOf("runner", false);
  return [
    route("PUT", "/jobs/:id", (call) => update(state, call)),
    route("PATCH", "/jobs/:id/trace", (call) => appendTrace(state, call)),
    route("POST", "/jobs/:id/artifacts", (call) => addArtifact(state, call)),
    route("GET", "/jobs/:id/artifacts", (call) => noArtifact(state, call)),
  ];
};
