import { DeploymentDouble, stateMachineArn } from "../testing/deployment-double";
import { GITLAB, OperatorGitLabDouble, TOKEN } from "../testing/gitlab-double";
import { attempt, runner } from "../testing/items";

const prepare = (outcome: object = { kind: "launched", runnerId: 9001, resourceId: "i-0abc" }) => {
  const on = new DeploymentDouble();
  const gitLab = new OperatorGitLabDouble();
  on.fetch = gitLab.fetch;
  on.setParameter("Url", GITLAB, "String");
  on.setParameter("AccessToken", TOKEN);
  const runs: { readonly stateMachineArn: string; readonly input: Record<string, unknown> }[] = [];
  on.answers.set(
    "StartSyncExecutionCommand",
    ({ stateMachineArn, input }: { stateMachineArn: string; input: string }) => {
      runs.push({ stateMachineArn, input: JSON.parse(input) });
      return { status: "SUCCEEDED", output: JSON.stringify({ outcome }) };
    },
  );
  const fail = (effect: () => void = () => undefined) =>
    on.answers.set("StartSyncExecutionCommand", () => {
      effect();
      return { status: "FAILED", error: "RunnerNotStarted" };
    });
  return { on, gitLab, runs, fail };
};

/** Three attempts of job 12 that came to nothing. */
const useUp = (on: DeploymentDouble): void => {
  for (const number of [1, 2, 3])
    on.putLedger(
      attempt(12, { attempt: number, state: "FAILED", reason: "configuration", detail: "the image is gone" }),
    );
};

describe("start", () => {
  it("runs the start workflow for a job that the ledger knows, and names the runner", async () => {
    const { on, runs } = prepare();
    on.putLedger(attempt(12, { state: "FAILED" }));
    const { exitCode, out } = await on.run(["start", "12"]);
    expect(out).toBe("Runner 9001 was started for job 12 (i-0abc).");
    expect(exitCode).toBe(0);
    expect(runs).toMatchObject([
      {
        stateMachineArn: stateMachineArn("start"),
        input: { build_id: 12, project_id: 42, build_name: "unit tests", build_status: "pending" },
      },
    ]);
    expect(runs[0]?.input).not.toHaveProperty("again");
  });

  it("gives the result as one JSON document", async () => {
    const { on } = prepare();
    on.putLedger(attempt(12, { state: "FAILED" }));
    const { out } = await on.run(["start", "12", "--json"]);
    expect(JSON.parse(out)).toEqual({
      jobId: 12,
      projectId: 42,
      result: "started",
      runnerId: 9001,
      resourceId: "i-0abc",
    });
  });

  it.each([
    ["slot", "waits for a slot: as many runners as allowed are there"],
    ["starts-on", "waits for new starts to be resumed"],
    ["launch-rate", "waits for AWS"],
    ["launch", "waits for its launch"],
    ["godot", "waits for godot"],
  ])("says what the job waits for: %s", async (waitingFor, words) => {
    const { on } = prepare({ kind: "waiting", waitingFor });
    const { exitCode, out } = await on.run(["start", "12", "--project", "42"]);
    expect(out).toContain(`Job 12 ${words}`);
    expect(exitCode).toBe(0);
  });

  it("says why nothing was started, and ends with 1", async () => {
    const { on } = prepare({ kind: "nothing", reason: "job-not-pending" });
    const { exitCode, out } = await on.run(["start", "12", "--project", "42"]);
    expect(out).toBe("Nothing was started for job 12: the job is not pending.");
    expect(exitCode).toBe(1);
  });

  it("F-36: wants --again for a job whose attempts are used up, and says why they came to nothing", async () => {
    const { on, runs } = prepare();
    useUp(on);
    const { exitCode, out } = await on.run(["start", "12"]);
    expect(out).toBe(
      "3 attempts of job 12 came to nothing (a parameter, a mapping row or a permission is wrong: the image is gone). When that is put right: start 12 --again",
    );
    expect(exitCode).toBe(1);
    expect(runs).toEqual([]);
    expect((await on.run(["start", "12", "--again"])).exitCode).toBe(0);
    expect(runs).toMatchObject([{ input: { build_id: 12, again: 3 } }]);
  });

  it("F-36: counts no attempt whose runner another job took", async () => {
    const { on, runs } = prepare();
    on.putLedger(attempt(12, { attempt: 3, reassigned: 1 }));
    on.putLedger(runner(12, { state: "BUSY", busyJobId: 13 }));
    expect((await on.run(["start", "12"])).exitCode).toBe(0);
    expect(runs).toHaveLength(1);
  });

  it("takes the reason of a failure from the ledger, where this start noted one", async () => {
    const { on, fail } = prepare();
    on.putLedger(attempt(12, { state: "FAILED", reason: "configuration", detail: "an older one" }));
    fail();
    expect((await on.run(["start", "12"])).out).toMatch(
      /could be started for job 12: the reason is in the logs/,
    );
    fail(() =>
      on.putLedger(
        attempt(12, { attempt: 2, state: "FAILED", reason: "gitlab-refused", detail: "403 for the token" }),
      ),
    );
    const { exitCode, out } = await on.run(["start", "12"]);
    expect(out).toBe(
      "No runner could be started for job 12: GitLab refused to make a runner: 403 for the token.",
    );
    expect(exitCode).toBe(1);
  });

  it("finds the project of an address in GitLab, by the stored token", async () => {
    const { on, gitLab, runs } = prepare();
    gitLab.projects = [{ id: "group%2Fmy.project", path: "x" }];
    const asked = gitLab.fetch;
    on.fetch = async (url, init) =>
      url.endsWith("/projects/group%2Fmy.project")
        ? { status: 200, headers: { get: () => null }, text: async () => '{"id": 77}' }
        : asked(url, init);
    const { exitCode } = await on.run(["start", `${GITLAB}/group/my.project/-/jobs/12?job=1#L1`]);
    expect(exitCode).toBe(0);
    expect(runs).toMatchObject([{ input: { build_id: 12, project_id: 77 } }]);
  });

  it.each([
    ["12", "give its address as GitLab shows it, or --project"],
    ["0", "whole number above 0"],
    ["twelve", "as its id, or as its address"],
    ["https://gitlab.example.com/jobs/12", "as its id, or as its address"],
    ["https://other.example.com/group/project/-/jobs/12", "is not a project of https://gitlab.example.com"],
    ["https://gitlab.example.com.evil.example/a/b/-/jobs/12", "is not a project of"],
    ["https://gitlab.example.com/a/../../b/-/jobs/12", "is not a project of"],
    ["https://gitlab.example.com/group/unknown/-/jobs/12", "does not show the project group/unknown"],
  ])("T-18: refuses %s as a misuse: %s", async (job, words) => {
    const { on, gitLab, runs } = prepare();
    const { exitCode, err } = await on.run(["start", job]);
    expect(err).toContain(words);
    expect(exitCode).toBe(2);
    expect(runs).toEqual([]);
    expect(gitLab.asked.every(({ url }) => url.startsWith(`${GITLAB}/api/v4/projects/`))).toBe(true);
  });

  it("asks for an address of the deployment's GitLab also where the ledger knows the id", async () => {
    const { on, runs } = prepare();
    on.putLedger(attempt(12));
    const { exitCode } = await on.run(["start", "https://other.example.com/a/b/-/jobs/12"]);
    expect([exitCode, runs]).toEqual([2, []]);
  });

  it("without an access token starts only what the ledger knows", async () => {
    const { on, runs } = prepare();
    on.parameters.delete("/gitlabrunner/AccessToken");
    expect((await on.run(["start", "12", "--project", "42"])).exitCode).toBe(2);
    on.putLedger(attempt(12, { state: "FAILED" }));
    expect((await on.run(["start", "12"])).exitCode).toBe(0);
    expect(runs).toHaveLength(1);
  });
});
