import { requestJob } from "../../model/assignment";
import { start } from "../../model/jobs";
import type { Manager, StandInRunner } from "../../model/records";
import { createRunner, deleteRunner, recordContact } from "../../model/runners";
import type { GitLabState } from "../../model/state";
import {
  type Answer,
  ApiError,
  badRequest,
  type Call,
  forbidden,
  notFound,
  type Parameters,
  readParameters,
} from "../http";
import { readNewRunner } from "../new-runner-parameters";
import { type Route, routesOf } from "../router";
import { jobPayload } from "./job-payload";

/** The runner whose token the body carries; 403 for a deleted or unknown one, upon which a runner sleeps 300 s. */
const authenticate = (state: GitLabState, parameters: Parameters): StandInRunner => {
  const runner = state.runnersByToken.get(parameters.text("token") ?? "");
  if (runner === undefined) throw forbidden();
  return runner;
};

const hear = (state: GitLabState, runner: StandInRunner, parameters: Parameters): Manager => {
  const info = parameters.record("info");
  return recordContact(state, runner, parameters.text("system_id") ?? "<legacy>", {
    version: info.text("version"),
    platform: info.text("platform"),
    architecture: info.text("architecture"),
    executor: info.text("executor"),
  });
};

const tokenJson = (runner: StandInRunner) => ({ id: runner.id, token: runner.token, token_expires_at: null });

const request = async (state: GitLabState, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = authenticate(state, parameters);
  const features = parameters.record("info").record("features");
  const asked = {
    manager: hear(state, runner, parameters),
    lastUpdate: parameters.text("last_update"),
    twoPhaseCommit: features.flag("two_phase_job_commit") ?? false,
    cancelGracefully: features.flag("cancel_gracefully") ?? false,
  };
  const answer = await requestJob(state, runner, asked, call.signal);
  if (answer.kind === "none") return { status: 204, headers: { "X-GitLab-Last-Update": answer.lastUpdate } };
  if (!asked.twoPhaseCommit) start(state, answer.job);
  return { status: 201, body: jobPayload(url, answer.job, state.clock.now()) };
};

/** The older way: a registration token makes a runner that takes jobs of every project. */
const register = async (state: GitLabState, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  if (!state.limits.registrationTokens)
    throw new ApiError(410, { message: "410 Gone - Runner registration disallowed" });
  if (parameters.text("token") !== state.registrationToken) throw forbidden("invalid token supplied");
  const wishes = {
    ...readNewRunner(parameters),
    type: "instance_type" as const,
    tokenPrefix: "glrtr-" as const,
  };
  const runner = createRunner(state, wishes);
  if (typeof runner === "string") throw badRequest(runner);
  return { status: 201, body: tokenJson(runner) };
};

const verify = async (state: GitLabState, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = authenticate(state, parameters);
  hear(state, runner, parameters);
  return { status: 200, body: tokenJson(runner) };
};

const unregister = async (state: GitLabState, call: Call): Promise<Answer> => {
  deleteRunner(state, authenticate(state, await readParameters(call)));
  return { status: 204 };
};

const unregisterManager = async (state: GitLabState, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = authenticate(state, parameters);
  if (!runner.managers.delete(parameters.text("system_id") ?? "")) throw notFound();
  return { status: 204 };
};

/** What runners call before and after their jobs; the calls of a job are in job-api.ts. */
export const runnerRoutes = (state: GitLabState, url: () => string): readonly Route[] => {
  const route = routesOf("runner", false);
  return [
    route("POST", "/jobs/request", (call) => request(state, url(), call)),
    route("POST", "/runners", (call) => register(state, call)),
    route("POST", "/runners/verify", (call) => verify(state, call)),
    route("DELETE", "/runners", (call) => unregister(state, call)),
    route("DELETE", "/runners/managers", (call) => unregisterManager(state, call)),
    route("GET", "/runners/router/discovery", () => ({
      status: 501,
      body: { error: "501 Not Implemented" },
    })),
  ];
};
