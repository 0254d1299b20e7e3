import { requestJob } from "../../model/assignment";
import { start } from "../../model/jobs";
import type { Manager, RunnerRecord } from "../../model/records";
import { createRunner, deleteRunner, heardFrom } from "../../model/runners";
import type { World } from "../../model/state";
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
import { runnerWishes } from "../new-runner-parameters";
import { type Route, routesOf } from "../router";
import { jobPayload } from "./job-payload";

/** The runner whose token the body carries; 403 for a deleted or unknown one, upon which a runner sleeps 300 s. */
const authenticate = (world: World, parameters: Parameters): RunnerRecord => {
  const runner = world.runnersByToken.get(parameters.text("token") ?? "");
  if (runner === undefined) throw forbidden();
  return runner;
};

const hear = (world: World, runner: RunnerRecord, parameters: Parameters): Manager => {
  const info = parameters.record("info");
  return heardFrom(world, runner, parameters.text("system_id") ?? "<legacy>", {
    version: info.text("version"),
    platform: info.text("platform"),
    architecture: info.text("architecture"),
    executor: info.text("executor"),
  });
};

const tokenJson = (runner: RunnerRecord) => ({ id: runner.id, token: runner.token, token_expires_at: null });

const request = async (world: World, url: string, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = authenticate(world, parameters);
  const features = parameters.record("info").record("features");
  const asked = {
    manager: hear(world, runner, parameters),
    lastUpdate: parameters.text("last_update"),
    twoPhaseCommit: features.flag("two_phase_job_commit") ?? false,
    cancelGracefully: features.flag("cancel_gracefully") ?? false,
  };
  const answer = await requestJob(world, runner, asked, call.signal);
  if (answer.kind === "none") return { status: 204, headers: { "X-GitLab-Last-Update": answer.lastUpdate } };
  if (!asked.twoPhaseCommit) start(world, answer.job);
  return { status: 201, body: jobPayload(url, answer.job, world.clock.now()) };
};

/** The older way: a registration token makes a runner that takes jobs of every project. */
const register = async (world: World, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  if (!world.limits.registrationTokens)
    throw new ApiError(410, { message: "410 Gone - Runner registration disallowed" });
  if (parameters.text("token") !== world.registrationToken) throw forbidden("invalid token supplied");
  const wishes = {
    ...runnerWishes(parameters),
    type: "instance_type" as const,
    tokenPrefix: "glrtr-" as const,
  };
  const runner = createRunner(world, wishes);
  if (typeof runner === "string") throw badRequest(runner);
  return { status: 201, body: tokenJson(runner) };
};

const verify = async (world: World, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = authenticate(world, parameters);
  hear(world, runner, parameters);
  return { status: 200, body: tokenJson(runner) };
};

const unregister = async (world: World, call: Call): Promise<Answer> => {
  deleteRunner(world, authenticate(world, await readParameters(call)));
  return { status: 204 };
};

const unregisterManager = async (world: World, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const runner = authenticate(world, parameters);
  if (!runner.managers.delete(parameters.text("system_id") ?? "")) throw notFound();
  return { status: 204 };
};

/** What runners call before and after their jobs; the calls of a job are in job-api.ts. */
export const runnerRoutes = (world: World, url: () => string): readonly Route[] => {
  const route = routesOf("runner", false);
  return [
    route("POST", "/jobs/request", (call) => request(world, url(), call)),
    route("POST", "/runners", (call) => register(world, call)),
    route("POST", "/runners/verify", (call) => verify(world, call)),
    route("DELETE", "/runners", (call) => unregister(world, call)),
    route("DELETE", "/runners/managers", (call) => unregisterManager(world, call)),
    route("GET", "/runners/router/discovery", () => ({
      status: 501,
      body: { error: "501 Not Implemented" },
    })),
  ];
};
