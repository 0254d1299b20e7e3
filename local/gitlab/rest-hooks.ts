import type { HookSender } from "./hooks";
import {
  type Answer,
  ApiError,
  badParameter,
  type Call,
  notFound,
  type Parameters,
  readParameters,
} from "./http";
import type { Hook } from "./model";
import { paged } from "./paging";
import { HOOK_EVENT_NAMES, hookJson } from "./present-hook";
import { type Route, routesOf } from "./router";
import { checkSigningToken } from "./sign-hook";
import type { World } from "./world";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** The stand-in sends to loopback addresses only, so that no job's text ever leaves the machine. */
export const checkHookUrl = (text: string | undefined): string => {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw badParameter("url is missing or invalid");
  if (url.protocol !== "http:" || !LOOPBACK.includes(url.hostname)) {
    throw new ApiError(422, { error: "Invalid url given: this GitLab sends hooks to http on loopback only" });
  }
  return url.href;
};

/** A new hook, subscribed to pushes alone until told otherwise, as in GitLab. */
export const newHook = (world: World, projectId: number | undefined, url: string): Hook => ({
  id: world.nextId("hook"),
  ...(projectId === undefined ? {} : { projectId }),
  createdAt: world.clock.now(),
  url,
  name: null,
  description: null,
  enableSslVerification: true,
  events: new Set(["push_events"]),
  failures: 0,
});

const change = (hook: Hook, parameters: Parameters): void => {
  for (const event of HOOK_EVENT_NAMES) {
    const isOn = parameters.flag(event);
    if (isOn === true) hook.events.add(event);
    if (isOn === false) hook.events.delete(event);
  }
  if (parameters.has("token")) hook.token = parameters.text("token") || undefined;
  if (parameters.has("signing_token"))
    hook.signingToken = checkSigningToken(parameters.text("signing_token"));
  hook.name = parameters.text("name") ?? hook.name;
  hook.description = parameters.text("description") ?? hook.description;
  hook.enableSslVerification = parameters.flag("enable_ssl_verification") ?? hook.enableSslVerification;
};

const create = async (world: World, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const projectId = call.ids.id ?? 0;
  const hook = newHook(world, projectId, checkHookUrl(parameters.text("url")));
  change(hook, parameters);
  world.hooks.set(hook.id, hook);
  world.projects.add(projectId);
  return { status: 201, body: hookJson(world, hook) };
};

const findHook = (world: World, call: Call): Hook => {
  const hook = world.hooks.get(call.ids.hook_id ?? 0);
  if (hook === undefined || hook.projectId !== call.ids.id) throw notFound();
  return hook;
};

const update = async (world: World, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const hook = findHook(world, call);
  if (parameters.has("url")) hook.url = checkHookUrl(parameters.text("url"));
  change(hook, parameters);
  return { status: 200, body: hookJson(world, hook) };
};

const remove = (world: World, call: Call): Answer => {
  world.hooks.delete(findHook(world, call).id);
  return { status: 204 };
};

const list = (world: World, url: string, call: Call): Answer => {
  const hooks = [...world.hooks.values()].filter((hook) => hook.projectId === call.ids.id);
  return paged(url, call, hooks, (hook) => hookJson(world, hook));
};

const test = async (world: World, sender: HookSender, call: Call): Promise<Answer> => {
  const hook = findHook(world, call);
  const job = [...world.jobs.values()].filter((one) => one.pipeline.projectId === hook.projectId).at(-1);
  if (job === undefined) throw new ApiError(422, { message: "Ensure the project has CI jobs." });
  const status = await sender.test(hook, job);
  if (status === undefined || status >= 300) {
    throw new ApiError(422, { message: `Hook executed but returned ${status ?? "nothing"}` });
  }
  return { status: 201, body: { message: "201 Created" } };
};

/** Project hooks: https://docs.gitlab.com/api/project_webhooks/ */
export const hookRestRoutes = (world: World, sender: HookSender, url: () => string): readonly Route[] => {
  const route = routesOf("api", true);
  const hooks = "/projects/:id/hooks";
  return [
    route("GET", hooks, (call) => list(world, url(), call)),
    route("POST", hooks, (call) => create(world, call)),
    route("GET", `${hooks}/:hook_id`, (call) => ({
      status: 200,
      body: hookJson(world, findHook(world, call)),
    })),
    route("PUT", `${hooks}/:hook_id`, (call) => update(world, call)),
    route("DELETE", `${hooks}/:hook_id`, (call) => remove(world, call)),
    route("POST", `${hooks}/:hook_id/test/job_events`, (call) => test(world, sender, call)),
  ];
};
