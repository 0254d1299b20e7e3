import { startGitLab } from "../..";
import type { StandIn } from "../../stand-in";
import { restOf } from "../../testing";

let gitlab: StandIn;
let rest: ReturnType<typeof restOf>;

beforeEach(async () => {
  gitlab = await startGitLab();
  rest = restOf(gitlab);
});
afterEach(() => gitlab.close());

const FILE = {
  check: { script: ["true"], tags: ["a"], when: "manual", timeout: "10 minutes" },
  stages: ["test"],
};

const commit = (branch: string, changes: Readonly<Record<string, unknown>> = {}) =>
  rest("POST", "/projects/7/repository/commits", {
    branch,
    start_branch: "main",
    commit_message: "Jobs [skip ci]",
    actions: [{ action: "create", file_path: ".gitlab-ci.yml", content: JSON.stringify(FILE) }],
    ...changes,
  });

const run = (ref: string) => rest("POST", "/projects/7/pipeline", { ref });

describe("commits", () => {
  it("make a branch, whose configuration a pipeline then runs", async () => {
    expect((await rest("GET", "/projects/7/repository/branches/try")).status).toBe(404);
    expect(await commit("try")).toMatchObject({ status: 201, body: { title: "Jobs [skip ci]" } });
    expect((await rest("GET", "/projects/7/repository/branches/try")).body).toMatchObject({ name: "try" });
    expect((await rest("GET", "/projects/7/pipelines")).body).toEqual([]);
    const { status, body } = await run("try");
    expect(status).toBe(201);
    const { body: jobs } = await rest("GET", `/projects/7/pipelines/${body.id}/jobs`);
    expect(jobs).toMatchObject([{ name: "check", status: "manual", tag_list: ["a"], ref: "try" }]);
    const played = await rest("POST", `/projects/7/jobs/${jobs[0].id}/play`);
    expect(played).toMatchObject({ status: 200, body: { status: "pending" } });
  });

  it("start a pipeline of their own unless they say [skip ci]", async () => {
    await commit("try", { commit_message: "Jobs" });
    expect((await rest("GET", "/projects/7/pipelines")).body).toHaveLength(1);
  });

  it.each([
    ["a branch that is there", "main", {}, "already exists|A file"],
    ["no such branch to begin with", "try", { start_branch: "nowhere" }, "Invalid reference name"],
    ["a branch that is not there, and none to begin with", "try", { start_branch: undefined }, "on a branch"],
    ["no branch", "", {}, "branch is missing"],
  ])("refuse %s with 400", async (_, branch, changes, words) => {
    if (branch === "main") await commit("main", { start_branch: undefined });
    const { status, body } = await commit(branch, changes);
    expect(status).toBe(400);
    expect(String(body.message ?? body.error)).toMatch(new RegExp(words));
  });
});

describe("pipelines of a branch", () => {
  it.each([
    ["main", "Missing CI config file"],
    ["nowhere", "Reference not found"],
  ])("%s: %s", async (ref, why) => {
    expect(await run(ref)).toMatchObject({ status: 400, body: { message: { base: [why] } } });
  });
});

describe("a branch", () => {
  it("goes, but not twice, and not the protected one", async () => {
    await commit("try");
    const remove = (name: string) => rest("DELETE", `/projects/7/repository/branches/${name}`);
    expect([
      (await remove("try")).status,
      (await remove("try")).status,
      (await remove("main")).status,
    ]).toEqual([204, 404, 403]);
    expect(await run("try")).toMatchObject({ status: 400 });
  });
});
