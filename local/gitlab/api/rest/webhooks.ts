import type { Webhook } from "../../model/records";
import type { GitLabState } from "../../model/state";
import { isInReach, type WebhookSender } from "../../webhooks/webhook-sender";
import { ApiError, badParameter, notFound } from "../api-error";
import { idOf, json, noContent, type RequestContext } from "../http";
import { type RequestParameters, readParameters } from "../parameters";
import { type Route, routesOf } from "../router";
import { paged } from "./paging";
import { checkSigningToken } from "./signing-token";
import { WEBHOOK_EVENT_NAMES, webhookJson } from "./webhook-json";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** The stand-in sends to loopback addresses only, so that no job data leaves the machine. */
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

/** Whose a webhook is; nobody's: it is that of the whole stand-in. */
export type StandInOwner = Pick<Webhook, "projectId" | "groupId">;

/** A new webhook. As in GitLab, it is subscribed to push events only. */
export const newWebhook = (state: GitLabState, owner: StandInOwner, url: string): Webhook => ({
  id: state.nextId("webhook"),
  ...owner,
  createdAt: state.clock.now(),
  url,
  name: null,
  description: null,
  enableSslVerification: true,
  events: new Set(["push_events"]),
  failures: 0,
});

const change = (webhook: Webhook, parameters: RequestParameters): void => {
  for (const event of WEBHOOK_EVENT_NAMES) {
    const isOn = parameters.flag(event);
    if (isOn === true) webhook.events.add(event);
    if (isOn === false) webhook.events.delete(event);
  }
  if (parameters.has("token")) webhook.token = parameters.text("token") || undefined;
  if (parameters.has("signing_token"))
    webhook.signingToken = checkSigningToken(parameters.text("signing_token"));
  webhook.name = parameters.text("name") ?? webhook.name;
  webhook.description = parameters.text("description") ?? webhook.description;
  webhook.enableSslVerification = parameters.flag("enable_ssl_verification") ?? webhook.enableSslVerification;
};

/** The owner in a request's path. */
const ownerOf = (request: RequestContext): StandInOwner => {
  const id = idOf(request, "id") ?? 0;
  return request.req.path.startsWith("/api/v4/groups/") ? { groupId: id } : { projectId: id };
};

const isOwnedBy = (webhook: Webhook, { projectId, groupId }: StandInOwner): boolean =>
  webhook.projectId === projectId && webhook.groupId === groupId;

const create = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const owner = ownerOf(request);
  if (owner.groupId !== undefined && state.paths.groupPath(owner.groupId) === undefined) throw notFound();
  const webhook = newWebhook(state, owner, checkWebhookUrl(parameters.text("url")));
  change(webhook, parameters);
  state.webhooks.set(webhook.id, webhook);
  if (owner.projectId !== undefined) state.projects.add(owner.projectId);
  return json(webhookJson(state, webhook), 201);
};

const findWebhook = (state: GitLabState, request: RequestContext): Webhook => {
  const webhook = state.webhooks.get(idOf(request, "hook_id") ?? 0);
  if (webhook === undefined || !isOwnedBy(webhook, ownerOf(request))) throw notFound();
  return webhook;
};

const update = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const webhook = findWebhook(state, request);
  if (parameters.has("url")) webhook.url = checkWebhookUrl(parameters.text("url"));
  change(webhook, parameters);
  return json(webhookJson(state, webhook));
};

const remove = (state: GitLabState, request: RequestContext): Response => {
  state.webhooks.delete(findWebhook(state, request).id);
  return noContent();
};

const list = (state: GitLabState, url: string, request: RequestContext): Response => {
  const webhooks = [...state.webhooks.values()].filter((webhook) => isOwnedBy(webhook, ownerOf(request)));
  return paged(url, request, webhooks, (webhook) => webhookJson(state, webhook));
};

const test = async (
  state: GitLabState,
  sender: WebhookSender,
  request: RequestContext,
): Promise<Response> => {
  const webhook = findWebhook(state, request);
  const job = [...state.jobs.values()].filter((one) => isInReach(state, webhook, one)).at(-1);
  if (job === undefined) throw new ApiError(422, { message: "Ensure the project has CI jobs." });
  const status = await sender.test(webhook, job);
  if (status === undefined || status >= 300) {
    throw new ApiError(422, { message: `Hook executed but returned ${status ?? "nothing"}` });
  }
  return json({ message: "201 Created" }, 201);
};

/** https://docs.gitlab.com/api/project_webhooks/ and https://docs.gitlab.com/api/group_webhooks/ */
export const webhookRestRoutes = (
  state: GitLabState,
  sender: WebhookSender,
  url: () => string,
): readonly Route[] => {
  const route = routesOf("api", true);
  return ["/projects/:id/hooks", "/groups/:id/hooks"].flatMap((webhooks) => [
    route("GET", webhooks, (request) => list(state, url(), request)),
    route("POST", webhooks, (request) => create(state, request)),
    route("GET", `${webhooks}/:hook_id`, (request) => json(webhookJson(state, findWebhook(state, request)))),
    route("PUT", `${webhooks}/:hook_id`, (request) => update(state, request)),
    route("DELETE", `${webhooks}/:hook_id`, (request) => remove(state, request)),
    route("POST", `${webhooks}/:hook_id/test/job_events`, (request) => test(state, sender, request)),
  ]);
};
