import { startGitLab } from "../..";
import type { StandIn } from "../../stand-in";
import { call, newRunner, restOf, runnerProcess } from "../../testing";

let gitlab: StandIn;
let rest: ReturnType<typeof restOf>;

beforeEach(async () => {
  gitlab = await startGitLab({ limits: { runnersPerProject: 3 } });
  rest = restOf(gitlab);
});
afterEach(() => gitlab.close());

const pipeline = (count = 1, project = 1) =>
  rest("POST", `/projects/${project}/pipeline`, {
    jobs: Array.from({ length: count }, (_, index) => ({
      name: `job ${index}`,
      tags: ["x"],
      script: ["true"],
    })),
  });

describe("who may ask", () => {
  it.each([
    ["GET", "/projects/1/jobs"],
    ["POST", "/projects/1/pipeline"],
    ["POST", "/user/runners"],
    ["GET", "/runners/all"],
    ["GET", "/personal_access_tokens/self"],
    ["GET", "/version"],
  ])("%s %s without the right token is 401", async (method, path) => {
    const body = method === "POST" ? {} : undefined;
    expect((await call(method, `${gitlab.url}/api/v4${path}`, body)).status).toBe(401);
    const wrong = await restOf(gitlab, "glpat-wrong")(method, path, body);
    expect([wrong.status, wrong.body]).toEqual([401, { message: "401 Unauthorized" }]);
  });

  it("takes the token as a bearer too", async () => {
    const headers = { authorization: `Bearer ${gitlab.accessToken}` };
    expect((await call("GET", `${gitlab.url}/api/v4/version`, undefined, headers)).status).toBe(200);
  });

  it("says what the token may do", async () => {
    const { body } = await rest("GET", "/personal_access_tokens/self");
    expect(body.scopes).toEqual(expect.arrayContaining(["read_api", "create_runner", "manage_runner"]));
    expect((await rest("GET", "/metadata")).body.version).toMatch(/^19\./);
  });
});

describe("pipelines and jobs", () => {
  it("answers 201 with the pipeline's id and its jobs", async () => {
    const { status, body } = await pipeline(2, 42);
    expect(status).toBe(201);
    expect(body).toMatchObject({ project_id: 42, status: "pending" });
    expect(body.jobs).toMatchObject([
      { name: "job 0", status: "pending", tag_list: ["x"], runner: null, started_at: null },
      { name: "job 1", status: "pending", tag_list: ["x"], runner: null, started_at: null },
    ]);
    // As those of GitLab.com, which a 32-bit integer does not hold.
    expect(body.jobs[0].id).toBeGreaterThan(2 ** 31);
  });

  it.each([
    [{}, "jobs must be"],
    [{ jobs: [] }, "jobs must be"],
    [{ jobs: ["x"] }, "each job must be an object"],
    [{ jobs: [{ name: "a" }] }, "script must be"],
    [{ jobs: [{ script: ["true"] }] }, "name must be"],
    [{ jobs: [{ name: "n".repeat(256), script: ["true"] }] }, "name must be"],
    [{ jobs: [{ name: "a", script: ["true"], tags: [""] }] }, "tags must not"],
    [{ jobs: [{ name: "a", script: ["true"], when: "never" }] }, "when does not"],
  ])("names what is wrong with %j", async (body, expected) => {
    const answer = await rest("POST", "/projects/1/pipeline", body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(expected);
  });

  it("finds a job in its own project only", async () => {
    const { body } = await pipeline();
    expect((await rest("GET", `/projects/1/jobs/${body.jobs[0].id}`)).status).toBe(200);
    expect((await rest("GET", `/projects/2/jobs/${body.jobs[0].id}`)).status).toBe(404);
    expect((await rest("GET", "/projects/1/jobs/12")).status).toBe(404);
    expect((await rest("GET", "/projects/1/jobs/abc")).status).toBe(404);
  });

  it("lists by scope", async () => {
    const { body } = await pipeline(2);
    await rest("POST", `/projects/1/jobs/${body.jobs[0].id}/cancel`);
    const listed = async (query: string) =>
      (await rest("GET", `/projects/1/jobs?${query}`)).body.map((job: { id: number }) => job.id);
    expect(await listed("scope[]=pending&scope[]=running")).toEqual([body.jobs[1].id]);
    expect(await listed("scope=canceled")).toEqual([body.jobs[0].id]);
    expect(await listed("")).toEqual([body.jobs[1].id, body.jobs[0].id]);
  });

  it("retries an ended job as a new one", async () => {
    const { body } = await pipeline();
    const path = `/projects/1/jobs/${body.jobs[0].id}`;
    expect((await rest("POST", `${path}/retry`)).status).toBe(403);
    await rest("POST", `${path}/cancel`);
    const again = await rest("POST", `${path}/retry`);
    expect([again.status, again.body.status]).toEqual([201, "pending"]);
    expect(again.body.id).not.toBe(body.jobs[0].id);
  });

  it.each(["asc", "desc"])("pages by keyset along its Link headers (%s), each job once", async (sort) => {
    await pipeline(7);
    const seen: number[] = [];
    let next: string | undefined =
      `${gitlab.url}/api/v4/projects/1/jobs?pagination=keyset&per_page=3&order_by=id&sort=${sort}`;
    let pages = 0;
    while (next !== undefined) {
      const page: Awaited<ReturnType<typeof call>> = await call("GET", next, undefined, {
        "PRIVATE-TOKEN": gitlab.accessToken,
      });
      seen.push(...page.body.map((job: { id: number }) => job.id));
      next = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
      pages += 1;
    }
    const sorted = [...seen].sort((one, other) => (sort === "asc" ? one - other : other - one));
    expect(pages).toBe(3);
    expect(seen).toEqual(sorted);
    expect(new Set(seen).size).toBe(7);
  });

  it("pages by number", async () => {
    await pipeline(5);
    const page = await rest("GET", "/projects/1/jobs?per_page=2&page=2");
    expect(page.body).toHaveLength(2);
    expect(page.headers.get("x-next-page")).toBe("3");
    expect(page.headers.get("x-total")).toBe("5");
  });
});

describe("runners", () => {
  it("are created as asked, and their token is shown once", async () => {
    const made = await rest("POST", "/user/runners", {
      runner_type: "project_type",
      project_id: 42,
      description: "glr x job 1 attempt 1",
      tag_list: ["a", "b"],
      run_untagged: false,
      locked: true,
      maximum_timeout: 900,
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(Number),
      token: expect.stringMatching(/^glrt-/),
      token_expires_at: null,
    });
    const shown = (await rest("GET", `/runners/${made.body.id}`)).body;
    expect(shown).toMatchObject({
      description: "glr x job 1 attempt 1",
      tag_list: ["a", "b"],
      run_untagged: false,
      locked: true,
      paused: false,
      maximum_timeout: 900,
      projects: [{ id: 42 }],
      status: "never_contacted",
    });
    expect(JSON.stringify(shown)).not.toContain(made.body.token);
  });

  it.each([
    [{ runner_type: "project_type" }, "project_id is missing"],
    [{ project_id: 1 }, "runner_type is missing"],
    [{ runner_type: "other" }, "runner_type does not have a valid value"],
    [{ runner_type: "project_type", project_id: 1, maximum_timeout: 599 }, "at least 10 minutes"],
    [{ runner_type: "project_type", project_id: 1, run_untagged: false }, "can not be empty"],
    [{ runner_type: "project_type", project_id: 1, description: "d".repeat(1_025) }, "too long"],
    [
      { runner_type: "project_type", project_id: 1, tag_list: Array.from({ length: 51 }, (_, n) => `t${n}`) },
      "Too many tags",
    ],
  ])("are refused in GitLab's words for %j", async (body, expected) => {
    const answer = await rest("POST", "/user/runners", body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(expected);
  });

  it("are limited per project; a deleted one makes room", async () => {
    const records = [await newRunner(gitlab, 1), await newRunner(gitlab, 1), await newRunner(gitlab, 1)];
    const create = () => rest("POST", "/user/runners", { runner_type: "project_type", project_id: 1 });
    const refused = await create();
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining("Maximum number")]);
    await rest("DELETE", `/runners/${records[0]!.id}`);
    expect((await create()).status).toBe(201);
  });

  it("are paused, filtered and deleted, and then answer 404", async () => {
    const { id } = await newRunner(gitlab, 1);
    await newRunner(gitlab, 1);
    expect((await rest("PUT", `/runners/${id}`, { paused: true })).body.paused).toBe(true);
    const paused = (await rest("GET", "/runners/all?paused=true")).body;
    expect(paused.map((runner: { id: number }) => runner.id)).toEqual([id]);
    expect((await rest("DELETE", `/runners/${id}`)).status).toBe(204);
    const gone = await rest("DELETE", `/runners/${id}`);
    expect([gone.status, gone.body.message]).toEqual([404, "404 Runner Not Found"]);
    expect((await rest("PUT", `/runners/${id}`, { paused: true })).status).toBe(404);
  });

  it.each([
    [false, "running"],
    [true, "pending"],
  ])("list the jobs assigned to them, and no unassigned job, confirmation %s: %s", async (value, status) => {
    await rest("POST", "/features/allow_runner_job_acknowledgement", { value });
    const { body } = await pipeline(2);
    const record = await newRunner(gitlab, 1, { tag_list: ["x"] });
    await runnerProcess(gitlab, record.token).ask();
    const jobs = (await rest("GET", `/runners/${record.id}/jobs`)).body;
    expect(jobs).toMatchObject([{ id: body.jobs[0].id, status, project: { id: 1 } }]);
    const running = (await rest("GET", `/runners/${record.id}/jobs?status=running`)).body;
    expect(running).toHaveLength(status === "running" ? 1 : 0);
    expect((await rest("GET", `/runners/${record.id}/jobs?status=pending`)).status).toBe(400);
  });
});

it("leaves a running job to its runner when the record is deleted, and shows no runner then", async () => {
  const { body } = await pipeline();
  const record = await newRunner(gitlab, 1, { tag_list: ["x"] });
  const runner = runnerProcess(gitlab, record.token);
  const job = (await runner.ask()).body;
  await runner.put(job, "running");
  await rest("DELETE", `/runners/${record.id}`);
  expect((await runner.put(job, "success")).status).toBe(200);
  const path = `/projects/1/jobs/${body.jobs[0].id}`;
  expect((await rest("GET", path)).body).toMatchObject({ status: "success", runner: null });
});

it("shows the projects that it has seen", async () => {
  await pipeline(1, 7);
  await newRunner(gitlab, 9);
  const projects = (await rest("GET", "/projects?membership=true&order_by=id&sort=asc")).body;
  expect(projects.map((project: { id: number }) => project.id)).toEqual([7, 9]);
});

it("counts calls and answers", async () => {
  await pipeline();
  await rest("GET", "/runners/12");
  const asked = await call("GET", `${gitlab.url}/_/counts`, undefined, {
    "PRIVATE-TOKEN": gitlab.accessToken,
  });
  const counts = asked.body;
  expect(counts.calls["GET /api/v4/runners/:id"]).toBe(1);
  expect(counts.answers).toMatchObject({ 201: 1, 404: 1 });
});
