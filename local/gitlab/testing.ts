import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { defined } from "../../Core/defined";
import type { GitLabFeatures } from "./model/features";
import type { StandIn } from "./stand-in";

/** Both ways in which GitLab hands out a job; the first is its default. */
export const HAND_OUTS: readonly { readonly handOut: string; readonly features: Partial<GitLabFeatures> }[] =
  [
    { handOut: "a job runs as it is handed out", features: {} },
    {
      handOut: "a job waits for its runner's confirmation",
      features: { allow_runner_job_acknowledgement: true },
    },
  ];

/** An answer of an API. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are GitLab's JSON, asserted field by field
  readonly body: any;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Sends a request; a body that is not text is sent as JSON. */
export const call = async (
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<ApiReply> => {
  const text: string | undefined = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  const response = await fetch(url, {
    method,
    headers: { "content-type": type, ...headers },
    ...defined({ body: text }),
  });
  return { status: response.status, headers: response.headers, body: parse(await response.text()) };
};

/** Requests to the REST API, by default with the stand-in's token. */
export const restOf =
  (gitlab: StandIn, token = gitlab.accessToken) =>
  (method: string, path: string, body?: unknown): Promise<ApiReply> =>
    call(method, `${gitlab.url}/api/v4${path}`, body, { "PRIVATE-TOKEN": token });

const FEATURES = { two_phase_job_commit: true, cancel_gracefully: true };

/** The requests of a runner process. */
export const runnerProcess = (gitlab: StandIn, token: string, systemId = "r_0123456789ab") => {
  const api = `${gitlab.url}/api/v4`;
  return {
    ask: (lastUpdate?: string, features: Record<string, boolean> = FEATURES) =>
      call("POST", `${api}/jobs/request`, {
        token,
        system_id: systemId,
        info: { version: "19.4.0", features },
        last_update: lastUpdate,
      }),
    put: (job: { id: number; token: string }, state: string, more: Record<string, unknown> = {}) =>
      call("PUT", `${api}/jobs/${job.id}`, { token: job.token, state, ...more }),
    write: (job: { id: number; token: string }, from: number, text: string) =>
      call("PATCH", `${api}/jobs/${job.id}/trace`, text, {
        "JOB-TOKEN": job.token,
        "Content-Range": `${from}-${from + Buffer.byteLength(text) - 1}`,
      }),
  };
};

/** Creates a project runner over REST. */
export const newRunner = async (
  gitlab: StandIn,
  projectId: number,
  fields: Record<string, unknown> = {},
): Promise<{ readonly id: number; readonly token: string }> =>
  (
    await restOf(gitlab)("POST", "/user/runners", {
      runner_type: "project_type",
      project_id: projectId,
      ...fields,
    })
  ).body;

export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** A server that records webhooks. */
export interface WebhookReceiver {
  readonly url: string;
  readonly received: ReceivedWebhook[];
  /** Waits until `count` webhooks have arrived in total. */
  until(count: number): Promise<readonly ReceivedWebhook[]>;
  /** Sets the status of later answers. */
  answer(status: number): void;
  close(): void;
}

export const webhookReceiver = async (): Promise<WebhookReceiver> => {
  const received: ReceivedWebhook[] = [];
  let status = 200;
  let wake = () => undefined as undefined;
  const server: Server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (part) => {
      text += part;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body: JSON.parse(text) });
      response.writeHead(status).end();
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const until = async (count: number): Promise<readonly ReceivedWebhook[]> => {
    while (received.length < count) {
      await new Promise<void>((resolve) => {
        wake = () => {
          resolve();
          return undefined;
        };
      });
    }
    return received;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    received,
    until,
    answer: (next) => {
      status = next;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
