import type { ConsoleAnswers } from "../../testing/console-double";
import { AUTOSCALER, INFRASTRUCTURE, REGION } from "../../testing/deployment-double";
import { GITLAB, TOKEN } from "../../testing/gitlab-double";
import { attempt, runner } from "../../testing/items";
import { PlayedAccount } from "../../testing/played-account";

const LAMBDA = "gitlab-runners-lambda-shell-runner";
const GIVEN = { region: REGION, gitlabUrl: GITLAB, accessToken: TOKEN, projects: ["42"] };
const SILENT = ["--yes", "--name", "gitlab-runners"];

const deployed = async (changes: Record<string, unknown> = {}): Promise<PlayedAccount> => {
  const account = new PlayedAccount();
  account.on.files.set("answers.json", JSON.stringify({ ...GIVEN, ...changes }));
  const { exitCode, err } = await account.on.run(["deploy", "--answers", "answers.json", "--yes"]);
  if (exitCode !== 0) throw new Error(err);
  return account;
};

const undeploy = ({ on }: PlayedAccount, argv: readonly string[] = SILENT, answers: ConsoleAnswers = {}) =>
  on.run(["undeploy", ...argv], answers);

const secretsOf = ({ on }: PlayedAccount): readonly string[] =>
  [...on.parameters.keys()].map((name) => name.replace("/gitlabrunner/", "")).sort();

describe("undeploy", () => {
  it("removes webhooks and stacks in reverse order, and says what it keeps", async () => {
    const account = await deployed();
    const { exitCode, out, err } = await undeploy(account);
    expect([exitCode, exitCode === 0 ? "" : err]).toEqual([0, ""]);
    expect(account.deleted).toEqual([AUTOSCALER, LAMBDA, INFRASTRUCTURE]);
    expect(account.on.stacks.size).toBe(0);
    expect(account.played.gitLab.webhooks).toEqual([]);
    expect(secretsOf(account)).toEqual(["AccessToken", "Url", "WebhookSigningKey"]);
    for (const kept of [...account.tables, "/gitlabrunner/AccessToken", "aws-sam-cli-managed-default"])
      expect(out).toContain(kept);
    expect(out).toContain("npm run undeploy -- --name gitlab-runners --all");
  });

  it("leaves webhooks alone that send elsewhere", async () => {
    const account = await deployed();
    account.played.gitLab.webhooks.push({ id: 6, url: "https://ci.example.com/x", job_events: true });
    await undeploy(account);
    expect(account.played.gitLab.webhooks.map(({ id }) => id)).toEqual([6]);
  });

  it("waits until nothing runs, before it removes anything", async () => {
    const account = await deployed();
    account.on.putLedger(attempt(7, { state: "RUNNING" }));
    account.on.putLedger(runner(7, { state: "BUSY" }));
    const { exitCode, err } = await undeploy(account, [...SILENT, "--timeout-minutes", "5"]);
    expect([exitCode, account.deleted, account.played.gitLab.webhooks.length]).toEqual([1, [], 1]);
    expect(err).toContain("After 5 minutes 1 runner");
  });

  it("asks once, and a no leaves all as it is", async () => {
    const account = await deployed();
    const { exitCode, err, console } = await undeploy(account, [], { answers: [false] });
    expect([exitCode, console.questions, account.deleted]).toEqual([1, ["Remove this?"], []]);
    expect(err).toContain("the webhooks of project group/app");
    expect(account.on.parameters.get("/gitlabrunner/Starts")).toBeUndefined();
  });

  it("is a misuse with --yes and no name", async () => {
    const { exitCode, err } = await undeploy(await deployed(), ["--yes"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining("--name NAME")]);
  });

  it("does not leave starts paused for the next deployment of the name", async () => {
    const account = await deployed();
    await undeploy(account);
    const again = await account.on.run(["deploy", "--yes"]);
    expect([again.exitCode, again.err.includes("paused")]).toEqual([0, false]);
  });

  it("names the webhooks that it could not remove, removes the rest, and ends with 1", async () => {
    const account = await deployed();
    account.played.gitLab.webhookStatus = 403;
    const { exitCode, err } = await undeploy(account);
    expect([exitCode, account.on.stacks.size]).toEqual([1, 0]);
    expect(err).toMatch(/webhooks of 42 could not be looked at: give GITLAB_SETUP_TOKEN/);
  });

  it("goes on after a deletion that failed, with CloudFormation's reason", async () => {
    const account = await deployed();
    account.faults.stays.set(INFRASTRUCTURE, "The vpc has dependencies and cannot be deleted");
    const { exitCode, err } = await undeploy(account);
    expect(exitCode).toBe(1);
    expect(err).toContain("Vpc (AWS::EC2::VPC) is DELETE_FAILED: The vpc has dependencies");
    const again = await undeploy(account);
    expect([again.exitCode, account.on.stacks.size]).toEqual([0, 0]);
    expect(account.deleted.filter((name) => name === AUTOSCALER)).toHaveLength(1);
  });

  it("removes a deployment that never came to an end, without waiting for jobs", async () => {
    const account = new PlayedAccount();
    account.setStatus(AUTOSCALER, "ROLLBACK_COMPLETE");
    const { exitCode } = await undeploy(account, [...SILENT, "--region", REGION]);
    expect([exitCode, account.deleted]).toEqual([0, [AUTOSCALER]]);
  });
});

describe("undeploy --all", () => {
  it("deletes tables and secrets too, and what is the operator's own stays", async () => {
    const account = await deployed();
    account.on.parameters.set("/gitlabrunner/ami-arm64", { Value: "ami-9", Type: "String" });
    const { exitCode, out } = await undeploy(account, [...SILENT, "--all"]);
    expect([exitCode, account.tables.size]).toEqual([0, 0]);
    expect(secretsOf(account)).toEqual(["ami-arm64"]);
    expect(out).toContain("/gitlabrunner/ami-arm64");
  });

  it("ends with 1 and the remedy where a table may not be deleted, and takes one for deleted that is gone", async () => {
    const refusedWith = async (name: string) => {
      const account = await deployed();
      account.on.answers.set("DeleteTableCommand", () => {
        throw Object.assign(new Error("no"), { name });
      });
      return undeploy(account, [...SILENT, "--all"]);
    };
    const denied = await refusedWith("AccessDeniedException");
    expect([denied.exitCode, denied.err]).toEqual([1, expect.stringContaining("does not allow this")]);
    expect((await refusedWith("ResourceNotFoundException")).exitCode).toBe(0);
  });

  it("says which images of EC2 runners it keeps, and deletes those too, with the parameter that names one", async () => {
    const account = await deployed();
    account.images.set("ami-1", INFRASTRUCTURE).set("ami-2", "somebody-else");
    account.on.parameters.set("/gitlabrunner/images/arm64", { Value: "ami-1", Type: "String" });
    const kept = await undeploy(account);
    expect([kept.out.includes("image ami-1"), kept.out.includes("ami-2")]).toEqual([true, false]);
    await undeploy(account, [...SILENT, "--all"]);
    expect([[...account.images.keys()], secretsOf(account)]).toEqual([["ami-2"], []]);
  });

  it("says that it keeps the bucket of caches, and empties and deletes it, but nobody else's", async () => {
    const account = await deployed();
    const objects = () => new Set(["a", "b", "c", "d", "e"]);
    account.buckets
      .set("gitlab-runners-infra-cachebucket-1", { deploymentId: INFRASTRUCTURE, objects: objects() })
      .set("gitlab-runners-infrastructure-cachebucket-3", { objects: objects() })
      .set("other-infrastructure-cachebucket-2", { deploymentId: "other-infrastructure", objects: objects() })
      .set("my-cachebucket", { objects: objects() });
    const kept = await undeploy(account);
    expect(kept.out.match(/bucket \S+cachebucket\S+/g)).toEqual([
      "bucket gitlab-runners-infra-cachebucket-1,",
      "bucket gitlab-runners-infrastructure-cachebucket-3,",
    ]);
    expect(account.buckets.size).toBe(4);
    const asked = await undeploy(account, ["--all"], { answers: [true, "gitlab-runners"] });
    expect(asked.console.questions[1]).toContain("gitlab-runners-infra-cachebucket-1");
    expect([...account.buckets].map(([name, left]) => [name, left.objects.size])).toEqual([
      ["other-infrastructure-cachebucket-2", 5],
      ["my-cachebucket", 5],
    ]);
  });

  it("wants the deployment's name typed, and does nothing without it", async () => {
    const account = await deployed();
    const { exitCode, console } = await undeploy(account, ["--all"], { answers: [true, "yes"] });
    expect([exitCode, account.deleted]).toEqual([1, []]);
    expect(console.questions[1]).toContain([...account.tables][0]);
    const right = await undeploy(account, ["--all"], { answers: [true, "gitlab-runners"] });
    expect([right.exitCode, account.tables.size]).toEqual([0, 0]);
  });

  it("finds the tables of a deployment whose stacks are gone already", async () => {
    const account = await deployed();
    await undeploy(account);
    expect(account.tables.size).toBe(2);
    await undeploy(account, [...SILENT, "--all"]);
    expect(account.tables.size).toBe(0);
  });
});
