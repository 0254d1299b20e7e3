import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { asMap, ofType, readTemplate } from "../templates/read-template";
import { resolve } from "../templates/resolve";

/**
 * Whoever looks into an attack afterwards has the functions' logs alone. The real handlers are attacked, with AWS and
 * GitLab on loopback; each refusal has to be one JSON line that says what was refused, about what, and why.
 */

const REFUSING_PROJECT = 666;
const ENDED_JOB = 12;
const SECRETS = { AccessToken: "glpat-canary", WebhookSecret: "canary-secret" };

type Json = Readonly<Record<string, unknown>>;

const parameters = (names: readonly string[], url: string): Json => {
  const values: Readonly<Record<string, string>> = { ...SECRETS, Url: url };
  const found = names.map((Name) => ({ Name, Value: values[Name.split("/").at(-1) ?? ""] }));
  return { Parameters: found.filter(({ Value }) => Value !== undefined), InvalidParameters: [] };
};

const aws = (target: string, body: string, url: string): Json => {
  if (target === "AmazonSSM.GetParameters") return parameters(JSON.parse(body).Names, url);
  if (target.endsWith(".UpdateItem")) return { Attributes: { count: { N: "1" } } };
  return target.endsWith(".Query") ? { Items: [], Count: 0, ScannedCount: 0 } : {};
};

const gitLab = (path: string): readonly [status: number, body: Json] => {
  if (path.includes(`/projects/${REFUSING_PROJECT}/`)) return [403, { message: "403 Forbidden" }];
  const times = { created_at: "2026-11-25T12:00:00Z", started_at: null, finished_at: null };
  return [200, { id: ENDED_JOB, name: "build", status: "success", tag_list: [], runner: null, ...times }];
};

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const target = request.headers["x-amz-target"];
    const isAws = typeof target === "string";
    const [status, answer] = isAws
      ? [200, aws(target, body, process.env.AWS_ENDPOINT_URL ?? "")]
      : gitLab(request.url ?? "");
    response.writeHead(status, { "content-type": isAws ? "application/x-amz-json-1.0" : "application/json" });
    response.end(JSON.stringify(answer));
  });
});

const before = { ...process.env };
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const templates = (["AutoScaler", "Infrastructure"] as const).map(readTemplate);
  const shipped = templates.flatMap((template) =>
    ofType(template, "AWS::Serverless::Function").map(({ properties }) =>
      asMap(resolve(template, asMap(properties.Environment).Variables)),
    ),
  );
  Object.assign(process.env, ...shipped, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "example",
  });
});
afterAll(() => {
  process.env = before;
  server.closeAllConnections();
  server.close();
});

/** What a handler prints while it handles an event, a JSON object a line. */
const traces = async (module: string, event: unknown): Promise<readonly Json[]> => {
  const printed: string[] = [];
  const spy = jest
    .spyOn(process.stdout, "write")
    .mockImplementation((text) => printed.push(String(text)) > 0);
  try {
    const { handler } = require(`../../${module}`) as { handler: (event: unknown) => Promise<unknown> };
    await handler(event);
  } finally {
    spy.mockRestore();
  }
  expect(printed.join("")).not.toMatch(/canary/);
  return printed.map((line) => JSON.parse(line));
};

const AUTOSCALER = "AutoScaler/src/handlers";
const webhook = (projectId: number, jobId: number, status = "pending"): Json => ({
  object_kind: "build",
  project_id: projectId,
  build_id: jobId,
  build_name: "canary\u001b[2K",
  build_status: status,
  eventSource: "gitlab.webhook",
});

it.each<[string, string, unknown, Json]>([
  [
    "a captured webhook that is sent again",
    `${AUTOSCALER}/look-up-runner`,
    webhook(1, ENDED_JOB),
    {
      code: "RUNNER_LOOKED_UP",
      projectId: 1,
      jobId: ENDED_JOB,
      outcome: "nothing",
      reason: "job-not-pending",
    },
  ],
  [
    "a forged webhook of a project that is not ours",
    `${AUTOSCALER}/look-up-runner`,
    webhook(REFUSING_PROJECT, 5),
    {
      code: "RUNNER_LOOKED_UP",
      projectId: REFUSING_PROJECT,
      jobId: 5,
      outcome: "nothing",
      reason: "project-refused",
    },
  ],
  [
    "a forged end of a job",
    `${AUTOSCALER}/find-runner`,
    webhook(REFUSING_PROJECT, 5, "success"),
    { code: "RUNNERS_FOUND", jobId: 5, outcome: "nothing", runnerIds: [] },
  ],
  [
    "a forged end of a runner that is not ours",
    `${AUTOSCALER}/find-runner`,
    { runnerId: 99, reason: "left" },
    { code: "RUNNERS_FOUND", runnerId: 99, outcome: "nothing", runnerIds: [] },
  ],
  [
    "a webhook with a wrong secret",
    "Infrastructure/src/authorize-webhook",
    { headers: { "x-gitlab-token": "guessed" }, requestContext: { http: { sourceIp: "192.0.2.1" } } },
    { WebhookDenied: 1 },
  ],
  [
    "an unsigned webhook on the signed route",
    "Infrastructure/src/receive-signed-webhook",
    { version: "2.0", headers: {}, body: "{}", isBase64Encoded: false },
    { SignedWebhooksRefused: 1, Reason: "unsigned" },
  ],
])("T-32: %s leaves one line that says what, about what, and why", async (_, module, event, expected) => {
  const wanted = Object.keys(expected);
  const found = (await traces(module, event)).filter((entry) => wanted.every((key) => key in entry));
  expect(found).toEqual([expect.objectContaining(expected)]);
});
