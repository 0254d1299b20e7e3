import type { GitLab, GitLabJob, GitRef, Page } from "../../ports";
import { freshId } from "./samples";

export interface GitLabUnderTest {
  readonly gitLab: GitLab;
  /** Protects a branch or tag of a project, and makes it where it is not there. */
  protect(projectId: number, ref: GitRef): void | Promise<void>;
  /** Creates a job of a project that the token can read. */
  addJob(job: Partial<GitLabJob> & { readonly id: number }): void | Promise<void>;
}

const everyPage = async <Item>(read: (cursor?: string) => Promise<Page<Item>>): Promise<Item[]> => {
  const first = await read();
  const items = [...first.items];
  for (let { next } = first; next !== undefined; ) {
    const page = await read(next);
    items.push(...page.items);
    next = page.next;
  }
  return items;
};

const jobsPage = async (
  ...[gitLab, projectId, cursor]: [GitLab, number, string?]
): Promise<Page<GitLabJob>> => {
  const page = await gitLab.jobs(projectId, ["pending", "running"], cursor);
  if ("refused" in page) throw new Error(`Project ${projectId} refused: ${page.refused}`);
  return page;
};

const newRunner = (more: object = {}) => ({
  projectId: 1,
  description: `glr stack job ${freshId()} attempt 1`,
  tags: ["arm"],
  maximumTimeoutSeconds: 3_600,
  accessLevel: "not_protected" as const,
  ...more,
});

const createdId = (answer: Awaited<ReturnType<GitLab["createRunner"]>>): number => {
  if ("refused" in answer) throw new Error(answer.refused);
  return answer.id;
};

/** The contract of GitLab with an access token. */
export const gitLabContract = (prepare: () => GitLabUnderTest | Promise<GitLabUnderTest>): void => {
  it("returns a job with the API's values", async () => {
    const { gitLab, addJob } = await prepare();
    const times = { createdAt: Date.UTC(2026, 10, 25), startedAt: Date.UTC(2026, 10, 26) };
    const job = {
      id: freshId(),
      projectId: 7,
      name: "test: [a] 1/2 🦊",
      status: "running",
      tags: ["a", "b"],
      ref: "main",
      tag: false,
      pipelineId: freshId(),
    };
    await addJob({ ...job, ...times });
    expect(await gitLab.job(7, job.id)).toEqual({ ...job, ...times });
  });

  it("T-5: finds no job under another project's id, and no job that does not exist", async () => {
    const { gitLab, addJob } = await prepare();
    const id = freshId();
    await addJob({ id, projectId: 7 });
    expect(await gitLab.job(8, id)).toBeUndefined();
    expect(await gitLab.job(7, id + 1)).toBeUndefined();
  });

  it("T-6: tells of a job its ref, and whether that branch or tag is protected", async () => {
    const { gitLab, addJob, protect } = await prepare();
    const [branch, tag] = [
      { name: "release/1.x", isTag: false },
      { name: "v1.0", isTag: true },
    ] as const;
    await protect(7, branch);
    await protect(7, tag);
    const id = freshId();
    await addJob({ id, projectId: 7, ref: branch.name, tag: false });
    expect(await gitLab.job(7, id)).toMatchObject({ ref: branch.name, tag: false });
    expect(await gitLab.isProtected(7, branch)).toBe(true);
    expect(await gitLab.isProtected(7, tag)).toBe(true);
    expect(await gitLab.isProtected(8, tag)).not.toBe(true);
    expect(await gitLab.isProtected(7, { name: "gone", isTag: false })).not.toBe(true);
    expect(await gitLab.isProtected(7, { name: "..", isTag: false })).not.toBe(true);
  });

  it("I-14: creates a runner with a token and its description, not paused", async () => {
    const { gitLab } = await prepare();
    const wanted = newRunner();
    const made = await gitLab.createRunner(wanted);
    expect(made).toEqual({ id: expect.any(Number), token: expect.stringMatching(/^glrt/) });
    const runner = { id: createdId(made), description: wanted.description, paused: false };
    expect(await gitLab.runner(runner.id)).toEqual(runner);
    expect(await everyPage((cursor) => gitLab.runners(cursor))).toContainEqual(runner);
  });

  it("T-11: pauses a runner, also a second time", async () => {
    const { gitLab } = await prepare();
    const id = createdId(await gitLab.createRunner(newRunner()));
    expect([await gitLab.pauseRunner(id), await gitLab.pauseRunner(id)]).toEqual(["paused", "paused"]);
    expect((await gitLab.runner(id))?.paused).toBe(true);
  });

  it("F-27: deletes a runner; deleting it again succeeds, and it cannot be paused", async () => {
    const { gitLab } = await prepare();
    const id = createdId(await gitLab.createRunner(newRunner()));
    await gitLab.deleteRunner(id);
    await gitLab.deleteRunner(id);
    expect(await gitLab.runner(id)).toBeUndefined();
    expect(await gitLab.pauseRunner(id)).toBe("deleted");
    expect(await gitLab.runnerJobs(id)).toEqual([]);
  });

  it("I-3: lists all jobs of a runner, newest first, a pending one included", async () => {
    const { gitLab, addJob } = await prepare();
    const runnerId = createdId(await gitLab.createRunner(newRunner()));
    const [older, newer] = [freshId(), freshId()].sort((one, other) => one - other);
    await addJob({ id: older ?? 0, projectId: 7, status: "success", runnerId });
    await addJob({ id: newer ?? 0, projectId: 7, status: "pending", runnerId });
    await addJob({ id: freshId(), projectId: 7, status: "running" });
    const jobs = await gitLab.runnerJobs(runnerId);
    expect(jobs.map(({ id, projectId, status }) => [id, projectId, status])).toEqual([
      [newer, 7, "pending"],
      [older, 7, "success"],
    ]);
    expect(jobs.every((job) => job.runnerId === runnerId)).toBe(true);
  });

  it("F-29: lists a project's jobs with the given statuses over all pages", async () => {
    const { gitLab, addJob } = await prepare();
    const projectId = freshId();
    const ids = Array.from({ length: 5 }, freshId);
    for (const id of ids) await addJob({ id, projectId, status: "pending" });
    await addJob({ id: freshId(), projectId, status: "success" });
    await addJob({ id: freshId(), projectId: projectId + 1, status: "pending" });
    const jobs = await everyPage((cursor) => jobsPage(gitLab, projectId, cursor));
    expect(jobs.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const project = (await everyPage((cursor) => gitLab.projects(cursor))).find(({ id }) => id === projectId);
    expect(project?.path).toContain("/");
    expect(await gitLab.project(projectId)).toEqual(project);
  });
};

/** The contract of GitLab with only a registration token. */
export const legacyGitLabContract = (prepare: () => GitLab | Promise<GitLab>): void => {
  it("creates a runner, and refuses all other calls for want of an access token", async () => {
    const gitLab = await prepare();
    expect(gitLab.mode).toBe("payload");
    expect(createdId(await gitLab.createRunner(newRunner()))).toBeGreaterThan(0);
    const calls = [
      () => gitLab.job(1, 1),
      () => gitLab.runner(1),
      () => gitLab.pauseRunner(1),
      () => gitLab.runnerJobs(1),
      () => gitLab.deleteRunner(1),
      () => gitLab.runners(),
      () => gitLab.jobs(1, ["pending"]),
      () => gitLab.projects(),
      () => gitLab.project(1),
    ];
    for (const call of calls) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        name: "ConfigurationError",
        message: expect.stringContaining("AccessToken"),
      });
    }
  });
};
