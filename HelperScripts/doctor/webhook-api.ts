import { signatureOf, signingKey } from "../../Core/gitlab/webhook-signature";
import { configurationOf } from "../configuration";
import type { Context } from "../context";
import { type Check, type DoctorFinding, ok, problem } from "./finding";

const AREA = "webhook API";
const TIMEOUT_MILLISECONDS = 10_000;

/** An event that no rule takes: GitLab sends `created` for every job, and nothing starts for it. */
const INERT = JSON.stringify({ object_kind: "build", build_status: "created" });

type Headers = Readonly<Record<string, string>>;

const probe = async (context: Context, url: string, proof: Headers = {}): Promise<number> => {
  const answer = await context.fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...proof },
    body: INERT,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  await answer.text();
  return answer.status;
};

const signed = (context: Context, key: Buffer): Headers => {
  const id = `doctor-${context.random().slice(0, 32)}`;
  const timestamp = String(Math.floor(context.now() / 1_000));
  const signature = signatureOf(key, id, timestamp, Buffer.from(INERT)).toString("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
};

/** What is looked at: an address, what proves a sender there, and where to look when it does not. */
interface Route {
  readonly url: string;
  /** e.g. `secret` */
  readonly what: string;
  readonly proof: Headers;
  readonly guard: string;
  readonly remedy: string;
}

const findings = async (context: Context, route: Route): Promise<readonly DoctorFinding[]> => {
  const { url, what, proof, guard, remedy } = route;
  const without = await probe(context, url);
  const withProof = await probe(context, url, proof);
  const isShut = without === 401 || without === 403;
  const isOpen = withProof >= 200 && withProof < 300;
  return [
    isShut
      ? ok(AREA, `Without the ${what} nobody is let in`)
      : problem(
          AREA,
          `Without the ${what} ${url} answers ${without}`,
          `${guard}, and deploy Infrastructure again`,
        ),
    isOpen
      ? ok(AREA, `With the ${what} events are let in`)
      : problem(AREA, `With the stored ${what} ${url} answers ${withProof}`, remedy),
  ];
};

const tokenRoute = (url: string, secret: string): Route => ({
  url,
  what: "secret",
  proof: { "X-Gitlab-Token": secret },
  guard: "Look at the API's authorizer",
  remedy: "Look at AuthorizeWebhookFunction's log; a new secret counts after five minutes",
});

const signedRoute = (context: Context, url: string, key: Buffer): Route => ({
  url,
  what: "signing key",
  proof: signed(context, key),
  guard: "Look at ReceiveSignedWebhookFunction",
  remedy:
    "Look at ReceiveSignedWebhookFunction's log, and at this machine's clock: five minutes off are refused",
});

/** Probes the webhook API's routes as far as their secrets are stored: without the secret, and with it. */
export const checkWebhookApi: Check = async ({ context, autoScaler, infrastructure }) => {
  const url = infrastructure?.outputs.get("WebhookUrl");
  const signedUrl = infrastructure?.outputs.get("SignedWebhookUrl");
  const stored = await configurationOf(context, autoScaler).read(["webhookSecret", "webhookSigningKey"]);
  const secret = stored.webhookSecret?.value;
  const key = signingKey(stored.webhookSigningKey?.value ?? "");
  return [
    ...(url && secret ? await findings(context, tokenRoute(url, secret)) : []),
    ...(signedUrl && key ? await findings(context, signedRoute(context, signedUrl, key)) : []),
  ];
};
