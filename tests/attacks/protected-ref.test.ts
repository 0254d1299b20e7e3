import { gitLabApi } from "../../AutoScaler/src/adapters/gitlab/api";
import type { GitLab } from "../../AutoScaler/src/ports";
import { lookUpRunner } from "../../AutoScaler/src/start/look-up-runner";
import { startRunner } from "../../AutoScaler/src/start/start-runner";
import { type fakeBootstrapRows, fakeMappings } from "../../AutoScaler/src/testing/fakes";
import { testSystem } from "../../AutoScaler/src/testing/fakes/test-system";
import { type JobView, type StandIn, startGitLab } from "../../local/gitlab";

const PROJECT = 7;

let gitlab: StandIn;
beforeEach(async () => {
  gitlab = await startGitLab({ limits: { longPollMs: 0 } });
});
afterEach(() => gitlab.close());

const api = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(`${gitlab.url}/api/v4${path}`, {
    method,
    headers: { "content-type": "application/json", "private-token": gitlab.accessToken },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

const product = (): GitLab => {
  const access = { mode: "verified" as const, url: gitlab.url, token: gitlab.accessToken };
  return gitLabApi({
    access,
    refresh: async () => access,
    clock: { now: Date.now, sleep: async () => undefined },
  });
};

const addJob = (ref: string, name = "deploy"): JobView => {
  const [job] = gitlab.createPipeline(PROJECT, [{ name, tags: ["x"], script: ["true"] }], ref);
  if (job === undefined) throw new Error("no job");
  return job;
};

/** Looks the job up and starts it, with everything but GitLab faked. @returns GitLab's runner, or why there is none */
const startFor = async ({ id }: JobView, mapping: Parameters<typeof fakeMappings>[0] = []) => {
  const { dependencies: system, routing } = testSystem();
  const parts = { ...system, gitLab: product(), mappings: fakeMappings(mapping) };
  const event = { jobId: id, projectId: PROJECT, jobName: "", status: "pending" as const };
  const { lookup } = await lookUpRunner(parts, event, routing);
  if (lookup.kind !== "start") throw new Error(lookup.reason);
  const outcome = await startRunner(parts, lookup.order);
  const attempt = (await system.ledger.attempts(id)).at(-1);
  const row = [...(system.rows as ReturnType<typeof fakeBootstrapRows>).rows.values()][0];
  return { outcome, attempt, row, token: row?.token ?? "" };
};

/** The runner as the product makes it for a job. @returns its token */
const runnerFor = async (job: JobView): Promise<string> => (await startFor(job)).token;

const isKept = async (ref: string): Promise<boolean> =>
  (await startFor(addJob(ref))).attempt?.order?.onProtectedRef ?? false;

/** What GitLab hands to whoever asks with this token: the runner, or a job that got hold of the token. */
const ask = async (token: string): Promise<number | undefined> => {
  const answer = await fetch(`${gitlab.url}/api/v4/jobs/request`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, system_id: "r_1", info: { features: {} } }),
  });
  return answer.status === 201 ? ((await answer.json()) as { id: number }).id : undefined;
};

describe("an unprotected branch's job that waits for a protected one's runner", () => {
  it("T-6: does not get it, although it was there first and has the same tags", async () => {
    const hostile = addJob("feature");
    const deployment = addJob("main");
    const token = await runnerFor(deployment);
    expect(await ask(token)).toBe(deployment.id);
    expect(await ask(token)).toBeUndefined();
    expect(await ask(await runnerFor(hostile))).toBe(hostile.id);
  });

  it("T-6: does not get it by a name that looks like the protected one's", async () => {
    await api("POST", `/projects/${PROJECT}/protected_branches`, { name: "release/*" });
    for (const ref of ["release", "releases/1", "main2", "Main", "main%2F..", ".."]) {
      expect(await isKept(ref)).toBe(false);
    }
    expect(await isKept("release/1")).toBe(true);
  });

  it("T-6: does not get it by a branch that has a protected tag's name, or a tag that has a branch's", async () => {
    await api("POST", `/projects/${PROJECT}/protected_tags`, { name: "v*" });
    expect(await isKept("v1")).toBe(false);
    await api("POST", `/projects/${PROJECT}/repository/tags`, { tag_name: "v2" });
    expect(await isKept("v2")).toBe(true);
    await api("POST", `/projects/${PROJECT}/repository/tags`, { tag_name: "main" });
    expect(await isKept("main")).toBe(false);
  });

  it("T-6 I-15: is refused a class that is for protected refs alone", async () => {
    const mapping = [
      { pk: "job#deploy", sk: "tags#x", type: "EC2", class: "deploy" },
      { pk: "class#deploy", sk: "class", type: "EC2", protectedRefsOnly: true },
    ];
    const refused = await startFor(addJob("feature"), mapping);
    expect(refused.outcome).toMatchObject({ kind: "failed", reason: "ref-not-protected" });
    expect(refused.attempt).toMatchObject({ state: "FAILED", isLast: true });
    expect(gitlab.runners()).toEqual([]);
    expect((await startFor(addJob("main"), mapping)).outcome).toMatchObject({ kind: "launched" });
  });
});

describe("the machine of a class that allows shells", () => {
  const mapping = [
    { pk: "job#deploy", sk: "tags#x", type: "EC2", class: "open" },
    { pk: "class#open", sk: "class", type: "EC2", shell: true },
  ];
  it.each([
    ["main", undefined, true],
    ["feature", true, false],
    // No branch of GitLab's: it does not tell.
    ["..", undefined, undefined],
  ])("T-31: for a job on %s may be opened: %s", async (ref, shell, onProtectedRef) => {
    const { row, attempt } = await startFor(addJob(ref), mapping);
    expect(row?.token).toBeTruthy();
    expect([row?.shell, attempt?.order?.onProtectedRef]).toEqual([shell, onProtectedRef]);
  });
});
