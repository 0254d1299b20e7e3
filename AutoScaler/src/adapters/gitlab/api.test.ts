import type { GitLabAccess } from "../../../../Core/configuration";
import {
  type AnswerFault,
  type InterceptedGitLab,
  interceptedGitLab,
} from "../../../../tests/doubles/gitlab/intercepted";
import type { GitLab, Page } from "../../ports";
import { fakeClock } from "../../testing/fakes";
import { gitLabApi } from "./api";

const TOKEN = "glpat-canary-token-1";
const NEW_TOKEN = "glpat-canary-token-2";
const RUNNER = {
  projectId: 7,
  description: "glr stack job 12 attempt 1",
  tags: ["arm"],
  maximumTimeoutSeconds: 3_600,
  accessLevel: "not_protected",
} as const;

const open: InterceptedGitLab[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((double) => double.close()));
});

/**
 * The adapter before a GitLab on loopback. What it makes of sound answers is the contract's business
 * (local/gitlab/product-contract.test.ts); here it is what it asks, and what it makes of the others.
 *
 * @param valid the token that this GitLab takes
 */
const prepare = async ({
  mode = "verified" as GitLabAccess["mode"],
  valid = TOKEN,
  refreshed = TOKEN,
} = {}) => {
  const double = await interceptedGitLab({ token: valid, pageSize: 2 });
  open.push(double);
  const clock = fakeClock();
  const refresh = jest.fn(async (): Promise<GitLabAccess> => ({ mode, url: double.url, token: refreshed }));
  const gitLab = gitLabApi({
    access: { mode, url: double.url, token: TOKEN },
    refresh,
    clock,
    timeoutMilliseconds: 1_000,
  });
  const addJobs = (projectId: number, count = 1): readonly number[] =>
    double.standIn
      .createPipeline(
        projectId,
        Array.from({ length: count }, (_, n) => ({ name: `job ${n}`, script: ["true"] })),
      )
      .map(({ id }) => id);
  return { ...double, double, clock, refresh, gitLab, addJobs };
};

const thrownBy = (call: Promise<unknown>): Promise<unknown> => call.catch((thrown: unknown) => thrown);

const everyPage = async <Item>(read: (cursor?: string) => Promise<Page<Item>>): Promise<Item[]> => {
  const items: Item[] = [];
  let page: Page<Item> = await read();
  items.push(...page.items);
  while (page.next !== undefined) {
    page = await read(page.next);
    items.push(...page.items);
  }
  return items;
};

/** Every method, once. */
const CALLS: readonly (readonly [string, (gitLab: GitLab) => Promise<unknown>])[] = [
  ["job", (gitLab) => gitLab.job(7, 12)],
  ["isProtected", (gitLab) => gitLab.isProtected(7, { name: "main", isTag: false })],
  ["createRunner", (gitLab) => gitLab.createRunner(RUNNER)],
  ["runner", (gitLab) => gitLab.runner(9001)],
  ["pauseRunner", (gitLab) => gitLab.pauseRunner(9001)],
  ["runnerJobs", (gitLab) => gitLab.runnerJobs(9001)],
  ["deleteRunner", (gitLab) => gitLab.deleteRunner(9001)],
  ["runners", (gitLab) => gitLab.runners()],
  ["jobs", (gitLab) => gitLab.jobs(7, ["pending"])],
  ["projects", (gitLab) => gitLab.projects()],
  ["project", (gitLab) => gitLab.project(99)],
];

describe("gitLabApi with an access token", () => {
  it("I-14: asks for a project's own locked runner with exactly the job's tags", async () => {
    const { gitLab, requests } = await prepare();
    await gitLab.createRunner(RUNNER);
    await gitLab.createRunner({ ...RUNNER, tags: [] });
    expect(requests.map(({ body }) => JSON.parse(body))).toEqual([
      {
        runner_type: "project_type",
        project_id: 7,
        description: RUNNER.description,
        tag_list: ["arm"],
        run_untagged: false,
        locked: true,
        maximum_timeout: 3_600,
        access_level: "not_protected",
      },
      expect.objectContaining({ tag_list: [], run_untagged: true }),
    ]);
  });

  it("T-18 I-13: sends the token in the header PRIVATE-TOKEN, and nowhere else", async () => {
    const { gitLab, requests } = await prepare();
    for (const [, call] of CALLS) await call(gitLab);
    expect(requests.length).toBeGreaterThanOrEqual(CALLS.length);
    for (const { headers, path, query, body } of requests) {
      const { "private-token": token, ...others } = headers;
      expect(token).toBe(TOKEN);
      expect(JSON.stringify([others, path, String(query), body])).not.toContain("canary");
    }
  });

  it.each(CALLS)("T-18 F-73: does not follow a redirect that answers %s", async (_, call) => {
    const { gitLab, faults } = await prepare();
    const other = await prepare();
    faults.push({ status: 307, headers: { location: `${other.url}/api/v4/user` } });
    const error = await thrownBy(call(gitLab));
    expect(error).toMatchObject({ name: "ConfigurationError", message: expect.stringContaining("Url") });
    expect(other.requests).toEqual([]);
  });

  it.each([Number.NaN, 1.5, -1, 0, 2 ** 53, "1/../../user" as unknown as number])(
    "T-18 F-69: puts the id %p into no path",
    async (id) => {
      const { gitLab, requests } = await prepare();
      await expect(thrownBy(Promise.resolve().then(() => gitLab.job(7, id)))).resolves.toBeInstanceOf(Error);
      await expect(thrownBy(Promise.resolve().then(() => gitLab.runner(id)))).resolves.toBeInstanceOf(Error);
      expect(requests).toEqual([]);
    },
  );

  const LIES: readonly (readonly [string, AnswerFault])[] = [
    [
      "a page of HTML",
      { status: 200, body: "<html>Sign in</html>", headers: { "content-type": "text/html" } },
    ],
    ["JSON that is cut short", { status: 200, body: '[{"id": 1, "na' }],
    ["an answer that breaks off", "cut"],
    ["an object of something else", { status: 200, body: '{"hello": "system"}' }],
    ["null", { status: 200, body: "null" }],
    ["nothing", { status: 200, body: "" }],
    ["silence", "silent"],
    ["status 500", { status: 500, body: '{"message": "500"}' }],
    ["status 502", { status: 502, body: "<html>" }],
    ["status 409", { status: 409, body: '{"message": "Resource lock"}' }],
    ["status 202", { status: 202, body: "{}" }],
  ];
  const lies = LIES.flatMap(([lie, fault]) => CALLS.map(([method, call]) => ({ lie, fault, method, call })));
  it.each(lies)(
    "F-24 F-25: takes $lie to $method for not knowing, after one request",
    async ({ fault, call }) => {
      const { gitLab, faults, requests } = await prepare();
      faults.push(fault);
      expect(await thrownBy(call(gitLab))).toMatchObject({ name: "TransientError" });
      expect(requests).toHaveLength(1);
    },
  );

  it("F-24: takes a job, a runner or a page without a needed field for not knowing", async () => {
    const { gitLab, faults } = await prepare();
    const job = { id: 12, name: "n", status: "pending", created_at: "2026-11-25T12:00:00Z" };
    for (const wrong of [
      { ...job, id: "12" },
      { ...job, status: null },
      { ...job, created_at: "yesterday" },
      { ...job, tag_list: [1] },
    ]) {
      faults.push({ status: 200, body: JSON.stringify(wrong) });
      expect(await thrownBy(gitLab.job(7, 12))).toMatchObject({ name: "TransientError" });
    }
    faults.push({ status: 200, body: "[{}]" }, { status: 201, body: '{"id": 5}' });
    expect(await thrownBy(gitLab.runners())).toMatchObject({ name: "TransientError" });
    expect(await thrownBy(gitLab.createRunner(RUNNER))).toMatchObject({ name: "TransientError" });
  });

  it("T-11: believes no pause that the answer does not show", async () => {
    const { gitLab, faults } = await prepare();
    faults.push({ status: 200, body: '{"id": 9001, "description": "", "paused": false}' });
    expect(await thrownBy(gitLab.pauseRunner(9001))).toMatchObject({ name: "TransientError" });
  });

  it("reads the pause of a GitLab before 14.8", async () => {
    const { gitLab, faults } = await prepare();
    faults.push({ status: 200, body: '{"id": 9001, "description": null, "active": false}' });
    expect(await gitLab.runner(9001)).toEqual({ id: 9001, description: "", paused: true });
  });

  it("F-23: waits as long as a busy GitLab asks, once, and gets its answer", async () => {
    const { gitLab, faults, requests, clock, addJobs } = await prepare();
    const [id = 0] = addJobs(7);
    faults.push({ status: 429, headers: { "retry-after": "2" } });
    expect(await gitLab.job(7, id)).toMatchObject({ id });
    expect([clock.sleeps, requests.length]).toEqual([[2_000], 2]);
    faults.push(
      { status: 503, headers: { "retry-after": "1" } },
      { status: 503, headers: { "retry-after": "1" } },
    );
    expect(await thrownBy(gitLab.job(7, 12))).toMatchObject({ name: "TransientError" });
    expect(requests).toHaveLength(4);
  });

  const DATE = "Wed, 25 Nov 2026 12:00:00 GMT";
  const RESET = String(Date.UTC(2026, 10, 25, 12, 0, 45) / 1_000);
  it.each<[string, Record<string, string>, number]>([
    ["a number", { "retry-after": "600" }, 600],
    ["a date, by GitLab's own clock", { date: DATE, "retry-after": "Wed, 25 Nov 2026 12:01:30 GMT" }, 90],
    ["the end of its period, by GitLab's own clock", { date: DATE, "ratelimit-reset": RESET }, 45],
    ["both", { date: DATE, "ratelimit-reset": RESET, "retry-after": "30" }, 30],
    ["a date long ago", { date: DATE, "retry-after": "Wed, 25 Nov 2026 11:00:00 GMT" }, 60],
    ["what is no time", { date: DATE, "retry-after": "-1", "ratelimit-reset": "soon" }, 60],
    ["nothing", { date: DATE }, 60],
    ["more than an hour", { date: DATE, "retry-after": "999999999" }, 3_600],
  ])("F-23 I-33: hands on the wait that a busy GitLab asks for by %s", async (_, headers, waitSeconds) => {
    const { gitLab, faults, requests, clock } = await prepare();
    faults.push({ status: 429, headers });
    expect(await thrownBy(gitLab.job(7, 12))).toMatchObject({ name: "ThrottledError", waitSeconds });
    expect([clock.sleeps, requests.length]).toEqual([[], 1]);
  });

  it("F-23: asks nothing of the kind again before the time that GitLab named, other things at once", async () => {
    const { gitLab, faults, requests, clock, addJobs } = await prepare();
    const [id = 0] = addJobs(7);
    faults.push({ status: 429, headers: { "retry-after": "60" } });
    await thrownBy(gitLab.createRunner(RUNNER));
    clock.advance(20_000);
    expect(await thrownBy(gitLab.createRunner({ ...RUNNER, projectId: 8 }))).toMatchObject({
      name: "ThrottledError",
      waitSeconds: 40,
    });
    expect(requests).toHaveLength(1);
    expect(await gitLab.job(7, id)).toMatchObject({ id });
    clock.advance(40_000);
    expect(await gitLab.createRunner(RUNNER)).toMatchObject({ id: expect.any(Number) });
    expect(requests).toHaveLength(3);
  });

  it("F-23: a wait that is asked for twice is left to the caller", async () => {
    const { gitLab, faults, requests, clock } = await prepare();
    faults.push(
      { status: 429, headers: { "retry-after": "2" } },
      { status: 429, headers: { "retry-after": "4" } },
    );
    expect(await thrownBy(gitLab.job(7, 12))).toMatchObject({ name: "ThrottledError", waitSeconds: 4 });
    expect([clock.sleeps, requests.length]).toEqual([[2_000], 2]);
  });

  it("F-25: sends no create call twice for a 503, behind which it may have been done", async () => {
    const { gitLab, faults, requests } = await prepare();
    faults.push({ status: 503, headers: { "retry-after": "1" } });
    expect(await thrownBy(gitLab.createRunner(RUNNER))).toMatchObject({ name: "TransientError" });
    expect(requests).toHaveLength(1);
  });

  it.each(CALLS)("F-22: reads a refused token anew once in %s", async (_, call) => {
    const changed = await prepare({ valid: NEW_TOKEN, refreshed: NEW_TOKEN });
    await call(changed.gitLab);
    expect([changed.requests.length, changed.refresh.mock.calls.length]).toEqual([2, 1]);
    const stale = await prepare({ valid: "another", refreshed: NEW_TOKEN });
    expect(await thrownBy(call(stale.gitLab))).toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("AccessToken"),
    });
    expect(stale.requests).toHaveLength(2);
  });

  it("T-30: sends a refused token no second time when it was not changed", async () => {
    const { gitLab, requests } = await prepare({ valid: "another" });
    expect(await thrownBy(gitLab.runners())).toMatchObject({ name: "ConfigurationError" });
    expect(requests).toHaveLength(1);
  });

  it.each([
    [
      400,
      '{"message": {"base": ["Maximum number of ci registered project runners (1000) exceeded"]}}',
      "1000",
    ],
    [403, '{"message": "403 Forbidden"}', "403 Forbidden"],
    [404, '{"message": "404 Project Not Found"}', "404 Project"],
    [410, '{"message": "410 Gone"}', "410 Gone"],
    [422, '{"error": "tags_list can not be empty"}', "tags_list"],
  ])(
    "F-26: takes %d for the proof that no runner was made, in GitLab's words",
    async (status, body, words) => {
      const { gitLab, faults, requests } = await prepare();
      faults.push({ status, body });
      expect(await gitLab.createRunner(RUNNER)).toEqual({ refused: expect.stringContaining(words) });
      expect(requests).toHaveLength(1);
    },
  );

  it.each(CALLS.filter(([name]) => !["createRunner", "jobs", "job", "isProtected"].includes(name)))(
    "F-26: says of 403 in %s which scopes and role the token needs",
    async (_, call) => {
      const { gitLab, faults } = await prepare();
      faults.push({ status: 403, body: '{"message": "403 Forbidden"}' });
      expect(await thrownBy(call(gitLab))).toMatchObject({
        name: "ConfigurationError",
        message: expect.stringMatching(/manage_runner.*Owner/),
      });
    },
  );

  it.each([400, 401, 403, 410, 422, 500])(
    "I-13: puts no token into what it says of %d, even when GitLab repeats it",
    async (status) => {
      const { gitLab, faults } = await prepare();
      for (const [, call] of CALLS) {
        faults.push({ status, body: JSON.stringify({ message: `token ${TOKEN} is wrong` }) });
        const outcome = await call(gitLab).catch((error: Error) => `${error.message} ${error.stack}`);
        expect(JSON.stringify([outcome])).not.toContain("canary");
      }
    },
  );

  it("I-13: keeps a connection's breaking apart from the token", async () => {
    const { gitLab, double } = await prepare();
    await double.close();
    const error = (await thrownBy(gitLab.runners())) as Error;
    expect(error).toMatchObject({ name: "TransientError", message: expect.stringContaining("ECONNREFUSED") });
    expect(`${error.message} ${error.stack} ${JSON.stringify(error.cause)}`).not.toContain("canary");
  });

  it("T-18 F-29: asks its own GitLab for the next page, whatever host the link names", async () => {
    const { gitLab, requests, addJobs } = await prepare();
    const [oldest, middle, newest] = addJobs(7, 3);
    const first = await gitLab.jobs(7, ["pending"]);
    expect(first).toMatchObject({ items: [{ id: newest }, { id: middle }], next: expect.any(String) });
    const second = await gitLab.jobs(7, ["pending"], "next" in first ? first.next : undefined);
    expect(second).toMatchObject({ items: [{ id: oldest }] });
    expect(second).not.toHaveProperty("next");
    expect(requests[0]?.query.get("pagination")).toBe("keyset");
    expect(requests[1]?.query.getAll("scope[]")).toEqual(["pending"]);
  });

  it.each([
    [403, "403 Forbidden"],
    [404, "404 Project Not Found"],
  ] as const)("T-5: hands on that a project refuses its job: %i", async (status, message) => {
    const { gitLab, faults } = await prepare();
    faults.push({ status, body: JSON.stringify({ message }) });
    expect(await gitLab.job(7, 12)).toEqual({ refused: status });
  });

  it.each(['{"message": "404 Not found"}', '{"error": "404"}', "<html>"])(
    "takes a 404 that says nothing of the project for a job that is not there yet: %s",
    async (body) => {
      const { gitLab, faults } = await prepare();
      faults.push({ status: 404, body });
      expect(await gitLab.job(7, 12)).toBeUndefined();
    },
  );

  it("F-26: says of a missing scope, and of nothing else, that it is missing", async () => {
    const { gitLab, faults } = await prepare();
    faults.push({ status: 403, body: '{"error": "insufficient_scope", "error_description": "read_api"}' });
    expect(await thrownBy(gitLab.job(7, 12))).toMatchObject({
      name: "ConfigurationError",
      message: expect.stringMatching(/scopes/),
    });
  });

  it.each([403, 404] as const)("I-24: hands on that a project refuses its list: %i", async (status) => {
    const { gitLab, faults } = await prepare();
    faults.push({ status, body: `{"message": "${status}"}` });
    expect(await gitLab.jobs(7, ["pending"])).toEqual({ refused: status });
  });

  it("I-24: a token without the scope is no matter of the project", async () => {
    const { gitLab, faults } = await prepare();
    faults.push({ status: 403, body: '{"error": "insufficient_scope", "scope": "read_api"}' });
    expect(await thrownBy(gitLab.jobs(7, ["pending"]))).toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("read_api"),
    });
  });

  it("F-29: lists jobs, runners and projects over all pages", async () => {
    const { gitLab, addJobs } = await prepare();
    const ids = addJobs(7, 5);
    for (const projectId of [8, 9, 10]) addJobs(projectId);
    const runners: unknown[] = [];
    for (const tag of ["a", "b", "c"]) {
      const made = await gitLab.createRunner({ ...RUNNER, tags: [tag] });
      runners.push("refused" in made ? made : made.id);
    }
    const idOf = ({ id }: { readonly id: number }): number => id;
    const jobs = await everyPage(async (cursor) => {
      const page = await gitLab.jobs(7, ["pending"], cursor);
      return "refused" in page ? { items: [] } : page;
    });
    expect(jobs.map(idOf)).toEqual([...ids].reverse());
    const records = await everyPage((cursor) => gitLab.runners(cursor));
    expect(records.map(idOf).sort()).toEqual(runners);
    const projects = await everyPage((cursor) => gitLab.projects(cursor));
    expect(projects).toEqual([7, 8, 9, 10].map((id) => ({ id, path: `local/project-${id}` })));
  });

  it("F-29: takes a next page that has no readable address for not knowing", async () => {
    const { gitLab, faults } = await prepare();
    faults.push({ status: 200, body: "[]", headers: { link: '<https://elsewhere.example/>; rel="next"' } });
    expect(await thrownBy(gitLab.runners())).toMatchObject({ name: "TransientError" });
  });
});

describe("gitLabApi with a registration token", () => {
  it("I-14 T-12: sends the token in the body alone", async () => {
    const { gitLab, requests } = await prepare({ mode: "payload" });
    await gitLab.createRunner(RUNNER);
    expect(requests[0]?.path).toBe("/api/v4/runners");
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      token: TOKEN,
      description: RUNNER.description,
      tag_list: ["arm"],
      run_untagged: false,
      locked: true,
      maximum_timeout: 3_600,
      access_level: "not_protected",
    });
    expect(JSON.stringify(requests[0]?.headers)).not.toContain("canary");
  });

  it("F-22: reads a refused registration token anew once", async () => {
    const { gitLab, requests } = await prepare({ mode: "payload", valid: NEW_TOKEN, refreshed: NEW_TOKEN });
    expect(await gitLab.createRunner(RUNNER)).toMatchObject({ id: expect.any(Number) });
    expect(requests).toHaveLength(2);
  });

  it("F-26: says that registration tokens are switched off", async () => {
    const { gitLab, faults } = await prepare({ mode: "payload" });
    faults.push({ status: 410, body: '{"message": "410 Gone"}' });
    expect(await gitLab.createRunner(RUNNER)).toEqual({ refused: expect.stringContaining("switched off") });
  });
});
