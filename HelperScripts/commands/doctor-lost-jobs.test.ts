import { LOST_JOB_REMEDY } from "../../Core/model/lost-job";
import { DeploymentDouble } from "../testing/deployment-double";
import { GITLAB, OperatorGitLabDouble, TOKEN } from "../testing/gitlab-double";
import { attempt, runner } from "../testing/items";

type Job = Record<string, unknown>;

/** What doctor says of running jobs, for the jobs that GitLab shows and the items of the ledger. */
const look = async (jobs: readonly Job[], items: Parameters<DeploymentDouble["putLedger"]>[0][] = []) => {
  const on = new DeploymentDouble();
  const gitLab = new OperatorGitLabDouble();
  gitLab.jobs = [...jobs];
  on.fetch = gitLab.fetch;
  on.setParameter("Url", GITLAB, "String");
  on.setParameter("AccessToken", TOKEN);
  for (const item of items) on.putLedger(item);
  const { out } = await on.run(["doctor", "--json"]);
  const { findings } = JSON.parse(out) as { findings: { area: string; level: string; sentence: string }[] };
  return findings.filter(({ area }) => area === "running jobs");
};

const running = (patch: Job = {}): Job => ({ id: 7, status: "running", runner: { id: 1_007 }, ...patch });
const gone = runner(7, { state: "GONE", reason: "instance-terminated", busyJobId: 7 });
const GONE_SENTENCE =
  "Job 7 of project 42 is running in GitLab, and its runner 1007 is gone (its instance was terminated)";

describe("doctor finds jobs that are running in GitLab without a runner", () => {
  it("F-59: on a runner that is gone", async () => {
    expect(await look([running()], [gone])).toEqual([
      { area: "running jobs", level: "problem", sentence: GONE_SENTENCE, remedy: LOST_JOB_REMEDY },
    ]);
  });

  it("F-59: on a runner whose record is deleted, so that GitLab shows none", async () => {
    const items = [attempt(7, { state: "ENDED", ranOnRunnerId: 1_007, reason: "instance-terminated" }), gone];
    expect(await look([running({ runner: null })], items)).toMatchObject([
      { level: "problem", sentence: GONE_SENTENCE },
    ]);
  });

  it("warns of one that the ledger does not know and that has no runner", async () => {
    expect(await look([running({ runner: null })])).toMatchObject([
      {
        level: "warning",
        sentence: "Job 7 of project 42 is running in GitLab, and its runner does not exist any more",
      },
    ]);
  });

  it.each<[string, Job, Parameters<DeploymentDouble["putLedger"]>[0][]]>([
    ["on a runner that is busy with it", running(), [runner(7, { state: "BUSY", busyJobId: 7 })]],
    ["on somebody else's runner", running({ runner: { id: 5 } }), []],
    ["that ended since the list was read", running({ status: "success", listedAs: "running" }), [gone]],
    ["that wait", running({ status: "pending", runner: null }), []],
  ])("nothing is wrong with jobs %s", async (_, job, items) => {
    expect(await look([job], items)).toMatchObject([{ level: "ok" }]);
  });
});
