import { request } from "node:http";
import { startGitLab } from "..";
import type { StandIn } from "../stand-in";
import { call } from "../testing";

let gitlab: StandIn;

beforeEach(async () => {
  gitlab = await startGitLab();
});
afterEach(() => gitlab.close());

const statusWith = (headers: Record<string, string>, path = "/_/faults", method = "GET"): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gitlab.url);
    request({ hostname, port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });

describe("the owner's browser", () => {
  it.each([
    ["a foreign host name (DNS rebinding)", { host: "evil.example:80" }, 403],
    ["a host name that begins like ours", { host: "localhost.evil.example" }, 403],
    ["another origin", { origin: "https://evil.example" }, 403],
    ["an origin of another port", { origin: "http://127.0.0.1:1" }, 403],
    ["an opaque origin", { origin: "null" }, 403],
    ["its own name", { host: "localhost" }, 200],
  ])("with %s gets %s %s", async (_case, headers, expected) => {
    const withToken = { ...headers, "private-token": gitlab.accessToken };
    expect(await statusWith(withToken)).toBe(expected);
    expect(await statusWith(withToken, "/_/faults", "POST")).toBe(expected);
  });

  it.each([
    ["GET", "/_/faults"],
    ["POST", "/_/faults"],
    ["GET", "/_/counts"],
    ["GET", "/_/state"],
    ["POST", "/_/sample"],
  ])("gets nothing of %s %s without the token, nor leave to ask from elsewhere", async (method, path) => {
    expect(await statusWith({}, path, method)).toBe(401);
    expect(await statusWith({ "private-token": "another" }, path, method)).toBe(401);
    const answer = await fetch(`${gitlab.url}${path}`, {
      method,
      headers: { "private-token": gitlab.accessToken },
    });
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

it.each(["/nothing", "/api/v4/nothing", "//", "/api/v4/jobs/1e3", "/api/v4/jobs/0/trace"])(
  "does not know %s",
  async (path) => {
    expect(await statusWith({}, path)).toBe(404);
  },
);

it.each([
  ["no JSON", "{", 400],
  ["an array", "[]", 400],
  ["five megabytes", `{"x":"${"x".repeat(5_000_000)}"}`, 413],
])("refuses a body that is %s", async (_case, body, expected) => {
  const headers = { "PRIVATE-TOKEN": gitlab.accessToken, "content-type": "application/json" };
  const answer = await call("POST", `${gitlab.url}/api/v4/projects/1/pipeline`, body, headers);
  expect(answer.status).toBe(expected);
});

it("takes forms as GitLab does", async () => {
  const headers = {
    "PRIVATE-TOKEN": gitlab.accessToken,
    "content-type": "application/x-www-form-urlencoded",
  };
  const form = "runner_type=project_type&project_id=3&tag_list=a,b&run_untagged=false";
  const made = await call("POST", `${gitlab.url}/api/v4/user/runners`, form, headers);
  expect(made.status).toBe(201);
  expect(gitlab.runners()).toMatchObject([{ id: made.body.id, tags: ["a", "b"] }]);
});

it("takes paths of the API with a slash at the end, as GitLab does", async () => {
  const headers = { "PRIVATE-TOKEN": gitlab.accessToken };
  expect(await statusWith(headers, "/api/v4/runners/")).toBe(200);
  expect(await statusWith(headers, "/api/v4/projects/1/jobs/?per_page=1")).toBe(200);
});

it.each([
  ["True", true],
  ["true", true],
  ["TRUE", true],
  ["t", true],
  ["1", true],
  ["on", true],
  ["yes", true],
  ["False", false],
  ["FALSE", false],
  ["f", false],
  ["0", false],
  ["off", false],
  ["no", false],
])("takes %s in a form as %s", async (text, expected) => {
  const headers = {
    "PRIVATE-TOKEN": gitlab.accessToken,
    "content-type": "application/x-www-form-urlencoded",
  };
  const form = `runner_type=project_type&project_id=3&tag_list=a&run_untagged=${text}`;
  const made = await call("POST", `${gitlab.url}/api/v4/user/runners`, form, headers);
  const runner = await call("GET", `${gitlab.url}/api/v4/runners/${made.body.id}`, undefined, headers);
  expect(runner.body.run_untagged).toBe(expected);
});

it("refuses a flag that is neither true nor false", async () => {
  const headers = { "PRIVATE-TOKEN": gitlab.accessToken };
  const fields = { runner_type: "project_type", project_id: 3, tag_list: ["a"], run_untagged: "maybe" };
  const made = await call("POST", `${gitlab.url}/api/v4/user/runners`, fields, headers);
  expect([made.status, made.body]).toEqual([400, { error: "run_untagged is invalid" }]);
});

it("says so when its port is taken", async () => {
  const port = Number(new URL(gitlab.url).port);
  await expect(startGitLab({ port })).rejects.toThrow(`Port ${port} is taken`);
});

it("ends held requests when it closes", async () => {
  const made = await call("POST", `${gitlab.url}/api/v4/runners`, { token: gitlab.registrationToken });
  const ask = (lastUpdate?: string | null) =>
    call("POST", `${gitlab.url}/api/v4/jobs/request`, { token: made.body.token, last_update: lastUpdate });
  const { headers } = await ask();
  const held = ask(headers.get("x-gitlab-last-update")).catch(() => "cut");
  await new Promise((resolve) => setImmediate(resolve));
  await gitlab.close();
  expect(await held).toBe("cut");
  gitlab = await startGitLab();
});

it("runs the sample for who has the token, and prepares it first", async () => {
  const order: string[] = [];
  gitlab.on("change", ({ status }) => status === "created" && order.push("created"));
  gitlab.setSamplePreparation(async () => {
    order.push("prepared");
  });
  const post = (headers: Record<string, string>) => call("POST", `${gitlab.url}/_/sample`, {}, headers);
  expect((await post({})).status).toBe(401);
  expect(order).toEqual([]);
  expect((await post({ "PRIVATE-TOKEN": gitlab.accessToken })).status).toBe(201);
  expect(order).toEqual(["prepared", ...gitlab.jobs().map(() => "created")]);
  expect(gitlab.jobs()).toHaveLength(6);
});
