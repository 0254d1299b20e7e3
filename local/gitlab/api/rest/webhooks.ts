import type { Webhook } from "../../model/records";
import type { GitLabState } from "../../model/state";
import type { WebhookSender } from "../../webhooks/webhook-sender";
import {
  type Answer,
  ApiError,
  badParameter,
  type Call,
  notFound,
  type Parameters,
  readParameters,
} from "../http";
import { type Route, routesOf } from "../router";
import { paged } from "./paging";
import { WEBHOOK_EVENT_NAMES, webhookJson } from "./webhook-json";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** The stand-in sends to loopback addresses only, so that no job's text ever leaves the machine. */
export const checkWebhookUrl = (text: string | undefined): string => {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw badParameter("url is missing or invalid");
  if (url.protocol !== "http:" || !LOOPBACK.includes(url.hostname)) {
    throw new ApiError(422, {
      error: "Invalid url given: this GitLab sends webhooks to http on loopback only",
    });
  }
  return url.href;
};

/** A new webhook, subscribed to pushes alone until told otherwise, as in GitLab. */
export const newWebhook = (state: GitLabState, projectId: number | undefined, url: string): Webhook => ({
  id: state.nextId("webhook"),
  ...(projectId === undefined ? {} : { projectId }),
  createdAt: state.clock.now(),
  url,
  name: null,
  description: null,
  enableSslVerification: true,
  events: new Set(["push_events"]),
  failures: 0,
});

const change = (webhook: Webhook, parameters: Parameters): void => {
  for (const event of WEBHOOK_EVENT_NAMES) {
    const isOn = parameters.flag(event);
    if (isOn === true) webhook.events.add(event);
    if (isOn === false) webhook.events.delete(event);
  }
  webhook.token = parameters.has("token") ? parameters.text("token") : webhook.token;
  webhook.name = parameters.text("name") ?? webhook.name;
  webhook.description = parameters.text("description") ?? webhook.description;
  webhook.enableSslVerification = parameters.flag("enable_ssl_verification") ?? webhook.enableSslVerification;
};

const create = async (state: GitLabState, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const projectId = call.ids.id ?? 0;
  const webhook = newWebhook(state, projectId, checkWebhookUrl(parameters.text("url")));
  change(webhook, parameters);
  state.webhooks.set(webhook.id, webhook);
  state.projects.add(projectId);
  return { status: 201, body: webhookJson(state, webhook) };
};

const findWebhook = (state: GitLabState, call: Call): Webhook => {
  const webhook = state.webhooks.get(call.ids.hook_id ?? 0);
  if (webhook === undefined || webhook.projectId !== call.ids.id) throw notFound();
  return webhook;
};

const update = async (state: GitLabState, call: Call): Promise<Answer> => {
  const parameters = await readParameters(call);
  const webhook = findWebhook(state, call);
  if (parameters.has("url")) webhook.url = checkWebhookUrl(parameters.text("url"));
  change(webhook, parameters);
  return { status: 200, body: webhookJson(state, webhook) };
};

const remove = (state: GitLabState, call: Call): Answer => {
  state.webhooks.delete(findWebhook(state, call).id);
  return { status: 204 };
};

const list = (state: GitLabState, url: string, call: Call): Answer => {
  const webhooks = [...state.webhooks.values()].filter((webhook) => webhook.projectId === call.ids.id);
  return paged(url, call, webhooks, (webhook) => webhookJson(state, webhook));
};

const test = async (state: GitLabState, sender: WebhookSender, call: Call): Promise<Answer> => {
  const webhook = findWebhook(state, call);
  const job = [...state.jobs.values()].filter((one) => one.pipeline.projectId === webhook.projectId).at(-1);
  if (job === undefined) throw new ApiError(422, { message: "Ensure the project has CI jobs." });
  const status = await sender.test(webhook, job);
  if (status === undefined || status >= 300) {
    throw new ApiError(422, { message: `Hook executed but returned ${status ?? "nothing"}` });
  }
  return { status: 201, body: { message: "201 Created" } };
};

/** Project webhooks: https://docs.gitlab.com/api/project_webhooks/ */
export const webhookRestRoutes = (
  state: GitLabState,
  sender: WebhookSender,
  url: () => string,
): readonly Route[] => {
  const route = routesOf("api", true);
  const webhooks = "/projects/:id/hooks";
  return [
    route("GET", webhooks, (call) => list(state, url(), call)),
    route("POST", webhooks, (call) => create(state, call)),
    route("GET", `${webhooks}/:hook_id`, (call) => ({
      status: 200,
      body: webhookJson(state, findWebhook(state, call)),
    })),
    route("PUT", `${webhooks}/:hook_id`, (call) => update(state, call)),
    route("DELETE", `${webhooks}/:hook_id`, (call) => remove(state, call)),
    route("POST", `${webhooks}/:hook_id/test/job_events`, (call) => test(state, sender, call)),
  ];
};
