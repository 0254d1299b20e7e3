import { startGitLab } from "../..";
import type { StandIn, StandInOptions } from "../../stand-in";
import { call, HAND_OUTS, newRunner, restOf, runnerProcess } from "../../testing";

let gitlab: StandIn;
let rest: ReturnType<typeof restOf>;

const begin = async (options: StandInOptions = {}): Promise<void> => {
  gitlab = await startGitLab({ ...options, limits: { longPollMs: 60, ...options.limits } });
  rest = restOf(gitlab);
};
const restart = async (options: StandInOptions): Promise<void> => {
  await gitlab.close();
  await begin(options);
};

beforeEach(() => begin());
afterEach(() => gitlab.close());

const pipeline = async (job: Record<string, unknown> = {}) => {
  const jobs = [{ name: "a", script: ["true"], ...job }];
  return (await rest("POST", "/projects/1/pipeline", { jobs })).body.jobs[0] as { id: number };
};
const status = async (id: number): Promise<string> =>
  (await rest("GET", `/projects/1/jobs/${id}`)).body.status;

/** A job that a runner has, with its first report. */
const runningJob = async () => {
  const { id } = await pipeline();
  const record = await newRunner(gitlab, 1);
  const runner = runnerProcess(gitlab, record.token);
  const job = (await runner.ask()).body;
  await runner.put(job, "running");
  return { id, record, runner, job };
};

describe.each(HAND_OUTS)("one job, where $handOut", ({ features }) => {
  const isAcknowledged = features.allow_runner_job_acknowledgement ?? false;
  beforeEach(() => restart({ features }));

  it("is assigned, confirmed, logged and reported", async () => {
    const { id } = await pipeline({ tags: ["x"], after_script: ["echo bye"], variables: { A: "1" } });
    const record = await newRunner(gitlab, 1, { tag_list: ["x"], maximum_timeout: 900 });
    const runner = runnerProcess(gitlab, record.token);
    const answer = await runner.ask();
    expect(answer.status).toBe(201);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const job = answer.body;
    expect(job).toMatchObject({
      id,
      job_info: { name: "a", stage: "test", project_id: 1 },
      runner_info: { timeout: 900 },
      steps: [
        { name: "script", script: ["true"], timeout: 900, when: "on_success", allow_failure: false },
        { name: "after_script", script: ["echo bye"], timeout: 300, when: "always", allow_failure: true },
      ],
    });
    expect(job.variables).toContainEqual({
      key: "A",
      value: "1",
      public: true,
      file: false,
      masked: false,
      raw: true,
    });
    expect(job).not.toHaveProperty("run");

    expect((await rest("GET", `/projects/1/jobs/${id}`)).body).toMatchObject({
      status: isAcknowledged ? "pending" : "running",
      started_at: isAcknowledged ? null : expect.any(String),
      runner: { id: record.id },
    });
    const confirmed = await runner.put(job, "running");
    expect([confirmed.status, confirmed.headers.get("job-status")]).toEqual([200, "running"]);
    const written = await runner.write(job, 0, "hello\n");
    expect([written.status, written.headers.get("range")]).toEqual([202, "0-6"]);
    expect((await runner.put(job, "success", { exit_code: 0 })).status).toBe(200);
    expect(await status(id)).toBe("success");
    expect((await rest("GET", `/projects/1/jobs/${id}/trace`)).body).toBe("hello\n");
  });

  it.each([
    [undefined, null],
    ["alpine:3", { name: "alpine:3", entrypoint: null, ports: [] }],
  ])("names the image %j", async (image, expected) => {
    await pipeline(image === undefined ? {} : { image });
    const record = await newRunner(gitlab, 1);
    const { body: job } = await runnerProcess(gitlab, record.token).ask();
    expect(job.image).toEqual(expected);
  });

  it("has the variables by which a script finds its job, its pipeline, its project and its configuration", async () => {
    const { id, job } = await runningJob();
    const values = Object.fromEntries(
      job.variables.map(({ key, value }: { key: string; value: string }) => [key, value]),
    );
    const shown = (await rest("GET", `/projects/1/jobs/${id}`)).body;
    expect(values).toMatchObject({
      CI_CONFIG_PATH: ".gitlab-ci.yml",
      CI_JOB_URL: shown.web_url,
      CI_PIPELINE_URL: shown.pipeline.web_url,
      CI_PROJECT_URL: (await rest("GET", "/projects/1")).body.web_url,
      CI_PROJECT_NAMESPACE: "local",
      CI_DEFAULT_BRANCH: "main",
      CI_COMMIT_SHORT_SHA: shown.commit.short_id,
    });
  });

  it("keeps its failure reason", async () => {
    const { id, runner, job } = await runningJob();
    await runner.put(job, "failed", { failure_reason: "script_failure", exit_code: 1 });
    expect((await rest("GET", `/projects/1/jobs/${id}`)).body).toMatchObject({
      status: "failed",
      failure_reason: "script_failure",
    });
  });

  it("runs at once for an old runner that knows no two-phase commit", async () => {
    const { id } = await pipeline();
    const record = await newRunner(gitlab, 1);
    await runnerProcess(gitlab, record.token).ask(undefined, {});
    expect(await status(id)).toBe("running");
  });

  it("takes a log part only where the log ends", async () => {
    const { runner, job } = await runningJob();
    await runner.write(job, 0, "12345");
    const again = await runner.write(job, 3, "45");
    expect([again.status, again.headers.get("range")]).toEqual([416, "0-5"]);
    const api = `${gitlab.url}/api/v4/jobs/${job.id}/trace`;
    expect((await call("PATCH", api, "x", { "JOB-TOKEN": job.token })).status).toBe(400);
  });

  it("takes artifacts and shows their size", async () => {
    const { id, job } = await runningJob();
    const api = `${gitlab.url}/api/v4/jobs/${job.id}/artifacts?artifact_format=zip&artifact_type=archive`;
    expect((await call("POST", api, "PK...", { "JOB-TOKEN": job.token })).status).toBe(201);
    expect((await rest("GET", `/projects/1/jobs/${id}`)).body.artifacts).toEqual([
      { file_type: "archive", size: 5, filename: "archive.zip", file_format: "zip" },
    ]);
  });
});

describe("confirmation, where a job waits for it", () => {
  const features = { allow_runner_job_acknowledgement: true };
  beforeEach(() => restart({ features }));

  it("is kept open by pending, refused with 400 when the runner was deleted", async () => {
    const { id } = await pipeline();
    const record = await newRunner(gitlab, 1);
    const runner = runnerProcess(gitlab, record.token);
    const job = (await runner.ask()).body;
    expect((await runner.put(job, "pending")).status).toBe(200);
    expect((await runner.put(job, "success")).status).toBe(400);
    await rest("DELETE", `/runners/${record.id}`);
    expect((await runner.put(job, "running")).status).toBe(400);
    expect(await status(id)).toBe("pending");
  });

  it("is refused with 403 when the job was canceled meanwhile; the runner may then have the next job", async () => {
    const { id } = await pipeline();
    const record = await newRunner(gitlab, 1);
    const runner = runnerProcess(gitlab, record.token);
    const job = (await runner.ask()).body;
    await rest("POST", `/projects/1/jobs/${id}/cancel`);
    const late = await runner.put(job, "running");
    expect([late.status, late.headers.get("job-status")]).toEqual([403, "canceled"]);
    const next = await pipeline();
    expect((await runner.ask()).body.id).toBe(next.id);
  });

  it("comes too late with 409 when the job has gone back to the queue", async () => {
    await restart({ features, limits: { confirmationMs: 0 } });
    const { id } = await pipeline();
    const record = await newRunner(gitlab, 1);
    const runner = runnerProcess(gitlab, record.token);
    const job = (await runner.ask()).body;
    await new Promise<void>((resolve) => {
      gitlab.on("change", (view) => view.id === id && view.runnerId === undefined && resolve());
    });
    expect((await runner.put(job, "running")).status).toBe(409);
    expect((await runner.ask()).body.id).toBe(id);
  });
});

describe("the first report, where a job runs as it is handed out", () => {
  const handedOut = async () => {
    const { id } = await pipeline();
    const record = await newRunner(gitlab, 1);
    const runner = runnerProcess(gitlab, record.token);
    return { id, record, runner, job: (await runner.ask()).body };
  };

  it("is one like all others: the log may come before it, and a deleted record does not matter", async () => {
    const { id, record, runner, job } = await handedOut();
    await rest("DELETE", `/runners/${record.id}`);
    expect((await runner.write(job, 0, "early\n")).status).toBe(202);
    expect((await runner.put(job, "running")).status).toBe(200);
    await runner.put(job, "success");
    expect(await status(id)).toBe("success");
  });

  it("tells of a cancel that came before it", async () => {
    const { id, runner, job } = await handedOut();
    await rest("POST", `/projects/1/jobs/${id}/cancel`);
    const first = await runner.put(job, "running");
    expect([first.status, first.headers.get("job-status")]).toEqual([200, "canceling"]);
  });
});

describe("the flag for two-phase commit", () => {
  const FLAG = "/features/allow_runner_job_acknowledgement";

  it("is off as in GitLab, and is switched as in GitLab", async () => {
    expect((await rest("GET", "/features")).body).toMatchObject([{ state: "off" }]);
    expect((await rest("POST", FLAG, { value: true })).status).toBe(201);
    const { id } = await pipeline();
    const record = await newRunner(gitlab, 1);
    await runnerProcess(gitlab, record.token).ask();
    expect(await status(id)).toBe("pending");
    expect((await rest("DELETE", FLAG)).status).toBe(204);
    const next = await pipeline();
    await runnerProcess(gitlab, record.token).ask();
    expect(await status(next.id)).toBe("running");
  });

  it("knows no other flag and no other value", async () => {
    expect((await rest("POST", "/features/other", { value: true })).status).toBe(404);
    expect((await rest("POST", FLAG, { value: 50 })).status).toBe(400);
  });
});

describe.each(HAND_OUTS)("cancelling a running job, where $handOut", ({ features }) => {
  beforeEach(() => restart({ features }));

  it("is told by Job-Status of the next report, and ends with the runner's own", async () => {
    const { id, runner, job } = await runningJob();
    expect((await rest("POST", `/projects/1/jobs/${id}/cancel`)).body.status).toBe("canceling");
    const written = await runner.write(job, 0, "still going\n");
    expect(written.headers.get("job-status")).toBe("canceling");
    await runner.put(job, "failed", { failure_reason: "job_canceled" });
    expect(await status(id)).toBe("canceled");
  });

  it("by force is a 403 to whatever the runner still reports", async () => {
    const { id, runner, job } = await runningJob();
    await rest("POST", `/projects/1/jobs/${id}/cancel`);
    await rest("POST", `/projects/1/jobs/${id}/cancel`, { force: true });
    const written = await runner.write(job, 0, "x");
    expect([written.status, written.headers.get("job-status")]).toEqual([403, "canceled"]);
  });
});

describe("polling", () => {
  it("answers the first request at once and holds the next one that knows the last update", async () => {
    const record = await newRunner(gitlab, 1);
    const runner = runnerProcess(gitlab, record.token);
    const first = await runner.ask();
    const update = first.headers.get("x-gitlab-last-update") ?? "";
    expect(first.status).toBe(204);
    expect(update).not.toBe("");
    const held = runner.ask(update);
    const { id } = await pipeline();
    expect((await held).body.id).toBe(id);
  });

  it("ends a held request with 204 and the same value", async () => {
    const record = await newRunner(gitlab, 1);
    const runner = runnerProcess(gitlab, record.token);
    const update = (await runner.ask()).headers.get("x-gitlab-last-update") ?? "";
    const held = await runner.ask(update);
    expect([held.status, held.headers.get("x-gitlab-last-update")]).toEqual([204, update]);
  });

  it("is 403 for an unknown token and for a deleted runner's", async () => {
    const record = await newRunner(gitlab, 1);
    await rest("DELETE", `/runners/${record.id}`);
    expect((await runnerProcess(gitlab, record.token).ask()).status).toBe(403);
    expect((await runnerProcess(gitlab, "glrt-nobody").ask()).status).toBe(403);
    expect((await runnerProcess(gitlab, "").ask()).status).toBe(403);
  });

  it("gives a paused runner nothing", async () => {
    await pipeline();
    const record = await newRunner(gitlab, 1);
    await rest("PUT", `/runners/${record.id}`, { paused: true });
    expect((await runnerProcess(gitlab, record.token).ask()).status).toBe(204);
  });
});

describe("the records of runners", () => {
  const api = (path: string) => `${gitlab.url}/api/v4${path}`;

  it("are verified and deleted by their own token", async () => {
    const { id, token } = await newRunner(gitlab, 1);
    expect((await call("POST", api("/runners/verify"), { token, system_id: "s_1" })).body).toEqual({
      id,
      token,
      token_expires_at: null,
    });
    expect((await call("DELETE", api("/runners"), { token })).status).toBe(204);
    expect((await call("POST", api("/runners/verify"), { token })).status).toBe(403);
  });

  it("keep their managers apart by system_id", async () => {
    const { id, token } = await newRunner(gitlab, 1);
    await runnerProcess(gitlab, token, "s_aaaaaaaaaaaa").ask();
    expect((await rest("GET", `/runners/${id}/managers`)).body).toMatchObject([
      { system_id: "s_aaaaaaaaaaaa" },
    ]);
    const remove = () => call("DELETE", api("/runners/managers"), { token, system_id: "s_aaaaaaaaaaaa" });
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    expect((await rest("GET", `/runners/${id}`)).status).toBe(200);
  });

  it("are made with the registration token too: 201, 403 for another one, 410 where that is switched off", async () => {
    const wanted = { description: "d", tag_list: "x,y", run_untagged: false, maximum_timeout: 600 };
    const made = await call("POST", api("/runners"), { token: gitlab.registrationToken, ...wanted });
    expect(made.status).toBe(201);
    expect(made.body.token).toMatch(/^glrtr-/);
    expect((await rest("GET", `/runners/${made.body.id}`)).body.tag_list).toEqual(["x", "y"]);
    expect((await call("POST", api("/runners"), { token: "wrong" })).status).toBe(403);
    await gitlab.close();
    gitlab = await startGitLab({ limits: { registrationTokens: false } });
    expect((await call("POST", api("/runners"), { token: gitlab.registrationToken })).status).toBe(410);
  });
});

it("answers runners' calls with an error while the switch says so, and REST calls as ever", async () => {
  const record = await newRunner(gitlab, 1);
  gitlab.setFaults({ errorStatus: 500, errorSeconds: 60, scope: "runner" });
  expect((await runnerProcess(gitlab, record.token).ask()).status).toBe(500);
  expect((await rest("GET", "/runners")).status).toBe(200);
  gitlab.setFaults({});
  expect((await runnerProcess(gitlab, record.token).ask()).status).toBe(204);
});
