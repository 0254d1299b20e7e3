import { type JobRequest, requestJob } from "../../model/assignment";
import { start } from "../../model/jobs";
import type { Manager, StandInRunner } from "../../model/records";
import { createRunner, deleteRunner, recordContact } from "../../model/runners";
import type { GitLabState } from "../../model/state";
import { ApiError, badRequest, forbidden, notFound } from "../api-error";
import { json, noContent, type RequestContext } from "../http";
import { readNewRunner } from "../new-runner-parameters";
import { type RequestParameters, readParameters } from "../parameters";
import { type Route, routesOf } from "../router";
import { jobPayload } from "./job-payload";

/** Finds the runner by the token in the body; 403 when there is none. A runner then waits 300 s. */
const authenticate = (state: GitLabState, parameters: RequestParameters): StandInRunner => {
  const runner = state.runnersByToken.get(parameters.text("token") ?? "");
  if (runner === undefined) throw forbidden();
  return runner;
};

const recordRunnerContact = (
  state: GitLabState,
  runner: StandInRunner,
  parameters: RequestParameters,
): Manager => {
  const info = parameters.record("info");
  return recordContact(state, runner, parameters.text("system_id") ?? "<legacy>", {
    version: info.text("version"),
    platform: info.text("platform"),
    architecture: info.text("architecture"),
    executor: info.text("executor"),
  });
};

const tokenJson = (runner: StandInRunner) => ({ id: runner.id, token: runner.token, token_expires_at: null });

/** Whether the job stays `pending` until the runner confirms it: GitLab's flag is on, and the runner knows how. */
const isConfirmedLater = ({ features }: GitLabState, { twoPhaseCommit }: JobRequest): boolean =>
  features.allow_runner_job_acknowledgement && twoPhaseCommit;

const requestJobFor = async (state: GitLabState, url: string, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const runner = authenticate(state, parameters);
  const features = parameters.record("info").record("features");
  const asked = {
    manager: recordRunnerContact(state, runner, parameters),
    lastUpdate: parameters.text("last_update"),
    twoPhaseCommit: features.flag("two_phase_job_commit") ?? false,
    cancelGracefully: features.flag("cancel_gracefully") ?? false,
  };
  const answer = await requestJob(state, runner, asked, request.req.raw.signal);
  if (answer.kind === "none") return noContent({ "X-GitLab-Last-Update": answer.lastUpdate });
  if (!isConfirmedLater(state, asked)) start(state, answer.job);
  return json(jobPayload(url, answer.job, state.clock.now()), 201);
};

/** Legacy registration: a registration token creates a runner for all projects. */
const register = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  if (!state.limits.registrationTokens)
    throw new ApiError(410, { message: "410 Gone - Runner registration disallowed" });
  if (parameters.text("token") !== state.registrationToken) throw forbidden("invalid token supplied");
  const wanted = {
    ...readNewRunner(parameters),
    type: "instance_type" as const,
    tokenPrefix: "glrtr-" as const,
  };
  const runner = createRunner(state, wanted);
  if (typeof runner === "string") throw badRequest(runner);
  return json(tokenJson(runner), 201);
};

const verify = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const runner = authenticate(state, parameters);
  recordRunnerContact(state, runner, parameters);
  return json(tokenJson(runner));
};

const unregister = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  deleteRunner(state, authenticate(state, await readParameters(request)));
  return noContent();
};

const unregisterManager = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const runner = authenticate(state, parameters);
  if (!runner.managers.delete(parameters.text("system_id") ?? "")) throw notFound();
  return noContent();
};

/** What a runner requests outside its jobs; what it requests for a job is in job-routes.ts. */
export const runnerRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("runner", false);
  return [
    route("POST", "/jobs/request", (request) => requestJobFor(state, url(), request)),
    route("POST", "/runners", (request) => register(state, request)),
    route("POST", "/runners/verify", (request) => verify(state, request)),
    route("DELETE", "/runners", (request) => unregister(state, request)),
    route("DELETE", "/runners/managers", (request) => unregisterManager(state, request)),
    route("GET", "/runners/router/discovery", () => json({ error: "501 Not Implemented" }, 501)),
  ];
};
