import { configurationOf } from "../configuration";
import type { Context } from "../context";
import { type Check, ok, problem } from "./finding";

const AREA = "webhook API";
const TIMEOUT_MILLISECONDS = 10_000;

/** An event that no rule takes: GitLab sends `created` for every job, and nothing starts for it. */
const INERT = JSON.stringify({ object_kind: "build", build_status: "created" });

const probe = async (context: Context, url: string, token?: string): Promise<number> => {
  const answer = await context.fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(token ? { "X-Gitlab-Token": token } : {}) },
    body: INERT,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  await answer.text();
  return answer.status;
};

/** Probes the webhook API: without the secret, and with it. */
export const checkWebhookApi: Check = async ({ context, autoScaler, infrastructure }) => {
  const url = infrastructure?.outputs.get("WebhookUrl");
  const { webhookSecret } = await configurationOf(context, autoScaler).read(["webhookSecret"]);
  if (url === undefined || webhookSecret === undefined) return [];
  const without = await probe(context, url);
  const withSecret = await probe(context, url, webhookSecret.value);
  const isShut = without === 401 || without === 403;
  const isOpen = withSecret >= 200 && withSecret < 300;
  return [
    isShut
      ? ok(AREA, "Without the secret nobody is let in")
      : problem(
          AREA,
          `Without the secret ${url} answers ${without}`,
          "Look at the API's authorizer, and deploy Infrastructure again",
        ),
    isOpen
      ? ok(AREA, "With the secret events are let in")
      : problem(
          AREA,
          `With the stored secret ${url} answers ${withSecret}`,
          "Look at AuthorizeWebhookFunction's log; a new secret counts after five minutes",
        ),
  ];
};
