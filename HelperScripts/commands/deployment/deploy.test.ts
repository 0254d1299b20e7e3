import { statSync } from "node:fs";
import { join } from "node:path";
import { RUNNER_ALARMS_PARAMETER } from "../../../Core/configuration";
import { answersPath, CLONE } from "../../deploy/answers/kept-answers";
import type { ConsoleAnswers } from "../../testing/console-double";
import { ACCOUNT, AUTOSCALER, INFRASTRUCTURE, REGION } from "../../testing/deployment-double";
import { GITLAB, TOKEN } from "../../testing/gitlab-double";
import { PlayedAccount } from "../../testing/played-account";

const LAMBDA = "gitlab-runners-lambda-shell-runner";
const FILE = "answers.json";
const SETUP_TOKEN = "glpat-setup-of-ours";
const IMAGE = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/runner:7`;
const SECONDS = 1_000;
const PEM = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ==\n-----END CERTIFICATE-----";
const CA = "/gitlabrunner/GitLabCaCertificate";

const KEPT = answersPath("gitlab-runners");

const GIVEN = { region: REGION, gitlabUrl: GITLAB, accessToken: TOKEN, projects: ["42"] };

const withAnswers = (changes: Record<string, unknown> = {}): PlayedAccount => {
  const account = new PlayedAccount();
  account.on.files.set(FILE, JSON.stringify({ ...GIVEN, ...changes }));
  return account;
};

const deploy = ({ on }: PlayedAccount, argv: readonly string[] = [], answers: ConsoleAnswers = {}) =>
  on.run(["deploy", ...argv], answers);

const silently = (account: PlayedAccount, ...more: readonly string[]) =>
  deploy(account, ["--answers", FILE, "--yes", ...more]);

const stacksOf = ({ deploys }: PlayedAccount): readonly string[] => deploys.map(({ stack }) => stack);

/** All answers with Enter, but for the token; e.g. of a newcomer. */
const ENTER = ["gitlab-runners", REGION, GITLAB, TOKEN, "42", "none", "test"];

describe("deploy, asked", () => {
  it("asks seven questions at most, and the last decides about the test job", async () => {
    const account = new PlayedAccount();
    const { exitCode, err, console } = await deploy(account, [], { answers: ENTER });
    expect([exitCode, exitCode === 0 ? "" : err]).toEqual([0, ""]);
    expect(console.questions.map((question) => question.slice(0, 22))).toEqual([
      "Name of the deployment",
      "AWS region",
      "GitLab's address",
      "GitLab's access token ",
      "Projects and groups to",
      "E-mail address for ala",
      "Deploy? yes, no, or te",
    ]);
    expect(err).toMatch(/Job \d+ succeeded: it waited 8\.0 s for its runner and ran 2\.0 s/);
  });

  it("waits for the test job no longer than until it has ended", async () => {
    const account = new PlayedAccount();
    const began = account.on.now;
    await deploy(account, [], { answers: [...ENTER.slice(0, -1), "yes"] });
    const without = account.on.now - began;
    const other = new PlayedAccount();
    await deploy(other, [], { answers: ENTER });
    // The job's ten seconds, and a look each second.
    expect(other.on.now - began - without).toBeLessThanOrEqual(12 * SECONDS);
  });

  it("shows on a terminal alone how long the test job takes, and takes the line away for its log", async () => {
    const bars = async (isTerminal: boolean): Promise<readonly string[]> => {
      const { console } = await deploy(new PlayedAccount(), [], { answers: ENTER, isTerminal });
      return console.bars.filter((bar) => bar === "" || bar.includes("test job"));
    };
    const shown = await bars(true);
    expect(shown.at(-1)).toBe("");
    expect(shown.at(-2)).toMatch(/^ {2}The test job is success \(\d+\.\d s\)$/);
    expect(await bars(false)).toEqual([]);
  });

  it("asks for the profile as well where there are several and none is chosen: eight", async () => {
    const account = new PlayedAccount();
    account.on.env.AWS_CONFIG_FILE = "config";
    account.on.files.set("config", "[default]\nregion = eu-west-1\n[profile work]\nregion = ca-central-1\n");
    const { console } = await deploy(account, [], { answers: ["gitlab-runners", "work", ...ENTER.slice(1)] });
    expect(console.questions).toHaveLength(8);
    expect(console.questions[1]).toBe("AWS profile (default, work)");
    expect(account.on.homes[0]).toEqual({ region: REGION, profile: "work" });
    expect(account.deploys[0]?.args).toEqual(expect.arrayContaining(["--profile", "work"]));
  });

  it("asks again for what will not do, and says what is wrong", async () => {
    const account = new PlayedAccount();
    const answers = [
      "No Name",
      "gitlab-runners",
      "Ireland",
      REGION,
      "http://gitlab.example.com",
      GITLAB,
      TOKEN,
    ];
    const rest = ["group/none", "group/app", "nobody", "none", "yes"];
    const { exitCode, err } = await deploy(account, [], { answers: [...answers, ...rest] });
    expect(exitCode).toBe(0);
    expect(err.match(/That will not do: .*/g)?.map((line) => line.slice(18, 40))).toEqual([
      'name is "No Name": use',
      'region is "Ireland": g',
      'gitlabUrl is "http://g',
      "projects: GitLab does ",
      'alarmEmail is "nobody"',
    ]);
  });

  it("says what will be made and what it costs, before it asks to go on, and makes nothing after a no", async () => {
    const account = new PlayedAccount();
    const { exitCode, err } = await deploy(account, [], { answers: [...ENTER.slice(0, -1), "no"] });
    expect(exitCode).toBe(1);
    expect(err).toContain(`In AWS (${REGION}, account ${ACCOUNT})`);
    expect(err).toMatch(new RegExp(`create +${INFRASTRUCTURE}`));
    expect(err).toMatch(
      new RegExp(`create +${LAMBDA} +the Lambda runner; its image is built here for x86_64`),
    );
    expect(err).toContain("a webhook for job events on project group/app");
    expect(err).toMatch(/\d\d alarms +\$0\.100 each/);
    expect(err).toMatch(/1 CloudWatch dashboard +\$3\.00 each +\$3\.00 +\$0\n/);
    expect([account.builds, account.deploys, account.on.writes(), account.played.made]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    expect(account.on.files.has(KEPT)).toBe(false);
  });

  it("keeps the answers without a token, for their owner alone, and has them as defaults of the next run", async () => {
    const account = new PlayedAccount();
    await deploy(account, [], { answers: [...ENTER.slice(0, 4), "42, group/*", "ops@example.com", "yes"] });
    const text = account.on.files.get(KEPT) ?? "";
    expect(JSON.parse(text)).toEqual({
      name: "gitlab-runners",
      region: REGION,
      gitlabUrl: GITLAB,
      projects: [42, "group/*"],
      alarmEmail: "ops@example.com",
    });
    expect(account.on.modes.get(KEPT)).toBe(0o600);
    expect(text).not.toContain(TOKEN);
    const again = await deploy(account, [], { answers: ["gitlab-runners", "", "", "", "42", "none", "no"] });
    expect(again.err).toContain("update");
    expect(again.console.questions[3]).toContain("keep the stored one");
  });

  it("is a misuse where nobody is there to answer", async () => {
    const { exitCode, err } = await deploy(new PlayedAccount());
    expect([exitCode, err]).toEqual([2, expect.stringContaining("--answers FILE --yes")]);
  });
});

const RUNBOOK = "https://wiki.example.com/runbook.md";

describe("deploy, told", () => {
  it("asks nothing, and deploys each stack with what those before it gave", async () => {
    const account = withAnswers({ alarmEmail: "ops@example.com", runbookUrl: RUNBOOK, name: "ci" });
    const { exitCode, err, console } = await silently(account);
    expect([exitCode, exitCode === 0 ? "" : err]).toEqual([0, ""]);
    expect(console.questions).toEqual([]);
    expect(stacksOf(account)).toEqual(["ci-infrastructure", "ci-lambda-shell-runner", "ci-autoscaler"]);
    const [infrastructure, runner, autoScaler] = account.deploys.map(({ parameters }) => parameters);
    expect(infrastructure).toEqual({
      ConfigurationPath: "/ci",
      AlarmEmail: "ops@example.com",
      RunbookUrl: RUNBOOK,
    });
    const wiring = autoScaler?.Wiring;
    expect(wiring).toMatch(/^[0-9a-f]{16}$/);
    expect(runner).toEqual({
      ConfigurationPath: "/ci",
      Wiring: expect.any(String),
      Architecture: "x86_64",
    });
    expect(autoScaler).toEqual({
      ConfigurationPath: "/ci",
      EventBusName: "ci-infrastructure",
      Wiring: wiring,
      Dashboard: "on",
    });
    const valuesOf = (name: string) => account.deploys.map(({ args }) => args[args.indexOf(name) + 1]);
    expect(valuesOf("--template-file")).toEqual(
      ["Infrastructure", "LambdaShellRunner", "AutoScaler"].map((stack) =>
        expect.stringMatching(new RegExp(`/build/ci/${stack}/template\\.yaml$`)),
      ),
    );
    // The pins are those of one Dockerfile.
    expect([...account.on.files.keys()]).toContainEqual(expect.stringMatching(/\/pins-[0-9a-f]{16}\.json$/));
    expect(err).toMatch(/Together +\$\d+\.\d\d +\$\d+\.\d\d/);
    const args = account.deploys[1]?.args ?? [];
    expect(args[args.indexOf("--image-repository") + 1]).toBe(
      `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/runner`,
    );
  });

  it("makes images of MicroVMs where the answers ask for them, of what it uploads, and says so and what never was tried", async () => {
    const account = withAnswers({ microVm: [2048, 8192], name: "ci" });
    const { exitCode, err } = await silently(account);
    expect([exitCode, exitCode === 0 ? "" : err]).toEqual([0, ""]);
    expect(stacksOf(account)).toEqual([
      ...["ci-infrastructure", "ci-lambda-shell-runner", "ci-microvm-runner", "ci-autoscaler"],
    ]);
    const CodeKey = `microvm-code/${"ab".repeat(16)}.zip`;
    expect(account.uploads).toEqual([expect.stringMatching(new RegExp(`^[\\w-]+/${CodeKey}$`))]);
    expect(account.deploys[2]?.parameters).toEqual({
      ConfigurationPath: "/ci",
      Wiring: expect.any(String),
      CodeKey,
      SizesMiB: "2048,8192",
    });
    expect(err).toMatch(
      /create +ci-microvm-runner +images of Lambda MicroVMs of 2048, 8192 MiB.*Never tried on AWS/,
    );
  });

  it("keeps the MicroVMs that are deployed where no answer speaks of them, and their sizes", async () => {
    const account = withAnswers({ microVm: "yes" });
    await silently(account);
    for (const path of account.on.files.keys())
      if (path.endsWith("gitlab-runners.json")) account.on.files.delete(path);
    account.on.files.set(FILE, JSON.stringify(GIVEN));
    await silently(account);
    const [, again] = account.deploys.filter(({ stack }) => stack.endsWith("-microvm-runner"));
    expect(again?.parameters).not.toHaveProperty("SizesMiB");
    expect(again?.parameters.CodeKey).toMatch(/^microvm-code\//);
  });

  it("has the Lambda runner's alarms on the dashboard once they are published, unless somebody switched it off", async () => {
    const account = withAnswers();
    await silently(account);
    const before = account.deploys.at(-1)?.parameters;
    account.on.parameters.set(`/gitlabrunner/${RUNNER_ALARMS_PARAMETER}`, {
      Value: "arn",
      Type: "StringList",
    });
    await silently(account);
    const after = account.deploys.at(-1)?.parameters;
    expect([before?.Dashboard, after?.Dashboard]).toEqual(["on", "with-lambda-runner"]);
    expect(after?.Wiring).not.toBe(before?.Wiring);
    account.on.setStack(AUTOSCALER, {}, "UPDATE_COMPLETE", { Dashboard: "off" });
    await silently(account);
    expect(account.deploys.at(-1)?.parameters).not.toHaveProperty("Dashboard");
  });

  it("leaves the address for alarms as it is deployed, unless an answer says otherwise", async () => {
    const account = withAnswers();
    await silently(account);
    expect(account.deploys[0]?.parameters).not.toHaveProperty("AlarmEmail");
    account.on.files.set(FILE, JSON.stringify({ ...GIVEN, alarmEmail: "" }));
    await silently(account);
    expect(account.deploys[3]?.parameters).toMatchObject({ AlarmEmail: "" });
  });

  it("puts the runners, and on request the functions, into a network of one's own, and back", async () => {
    const own = { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-01234567", "subnet-89abcdef"] };
    const account = withAnswers({ network: { ...own, subnetType: "private", functionsInVpc: true } });
    const { err } = await silently(account);
    expect(err).toContain("a security group in your network vpc-0123456789abcdef0");
    expect(err).toContain("functions in your network");
    expect(account.deploys[0]?.parameters).toMatchObject({
      VpcId: "vpc-0123456789abcdef0",
      SubnetIds: "subnet-01234567,subnet-89abcdef",
      Subnets: "private-one-nat-gateway",
    });
    expect(account.deploys[2]?.parameters).toMatchObject({ FunctionsInVpc: "yes" });
    account.on.files.set(FILE, JSON.stringify({ ...GIVEN, network: "none" }));
    await silently(account);
    expect(account.deploys[3]?.parameters).toMatchObject({ VpcId: "", SubnetIds: "", Subnets: "public" });
    expect(account.deploys[5]?.parameters).toMatchObject({ FunctionsInVpc: "no" });
  });

  it("stores the certificate of GitLab's authority, from a file or as text, keeps it and removes it", async () => {
    const account = withAnswers({ caCertificate: "ca.pem" });
    account.on.files.set("ca.pem", `${PEM}\n`);
    expect((await silently(account)).err).toContain("The certificate of GitLab's authority goes there too.");
    expect(account.on.parameters.get(CA)).toEqual({ Value: PEM, Type: "String" });
    account.on.files.delete("ca.pem");
    account.on.parameters.delete(CA);
    expect((await deploy(account, ["--yes"])).exitCode).toBe(0);
    expect(account.on.parameters.get(CA)).toEqual({ Value: PEM, Type: "String" });
    account.on.answers.set("DeleteParameterCommand", ({ Name }: { Name: string }) =>
      account.on.parameters.delete(Name),
    );
    account.on.files.set(FILE, JSON.stringify({ ...GIVEN, caCertificate: "none" }));
    await silently(account);
    expect(account.on.parameters.has(CA)).toBe(false);
  });

  it.each([
    ["gone.pem", "caCertificate gone.pem cannot be read: give a file that is there"],
    ["answers.json", "caCertificate answers.json is no certificate in PEM form"],
    ["-----BEGIN CERTIFICATE-----", "caCertificate is no certificate in PEM form"],
  ])("makes nothing with the certificate %s, and names field and remedy", async (caCertificate, words) => {
    const account = withAnswers({ caCertificate });
    const { exitCode, err } = await silently(account);
    expect([exitCode, err, account.on.writes()]).toEqual([2, expect.stringContaining(words), []]);
    expect(account.deploys).toEqual([]);
  });

  it("shows how far a stack is, while CloudFormation works on it", async () => {
    const account = withAnswers();
    account.slowness = 40 * SECONDS;
    const { err } = await silently(account);
    expect(err).toMatch(/gitlab-runners-infrastructure: 1 of 2 resources \(\d+\.\d s\)/);
  });

  it("tells a line for each build and each stack, with seconds and resources", async () => {
    const { err } = await silently(withAnswers());
    expect(err).toMatch(/Infrastructure: built in /);
    expect(err).toMatch(/gitlab-runners-autoscaler: 2 resources deployed in 7\.\d s/);
  });

  it("stores secrets encrypted, makes a signed webhook and serves the projects; jobs with tags are left alone", async () => {
    const account = withAnswers({ projects: ["group/app"] });
    account.played.gitLab.webhooks = [];
    const { exitCode, err } = await silently(account);
    expect([exitCode, exitCode === 0 ? "" : err]).toEqual([0, ""]);
    const { parameters } = account.on;
    expect(parameters.get("/gitlabrunner/Url")).toEqual({ Value: GITLAB, Type: "String" });
    expect(parameters.get("/gitlabrunner/AccessToken")).toEqual({ Value: TOKEN, Type: "SecureString" });
    expect(parameters.get("/gitlabrunner/WebhookSigningKey")?.Type).toBe("SecureString");
    expect(account.played.gitLab.webhooks).toMatchObject([
      { job_events: true, push_events: false, signing_token_present: true },
    ]);
    expect(account.on.mapping.get("settings", "settings")).toMatchObject({
      projects: ["group/app"],
      unmappedJobs: "UNTAGGED",
    });
    expect(err).toContain("unmappedJobs is UNTAGGED");
  });

  it("uses the setup token for webhooks and test job, and keeps it nowhere", async () => {
    const account = withAnswers({ setupToken: SETUP_TOKEN });
    await silently(account, "--test-job");
    expect(new Set(account.played.made.map(({ token }) => token))).toEqual(new Set([SETUP_TOKEN]));
    const kept = [[...account.on.parameters], [...account.on.files].filter(([path]) => path !== FILE)];
    expect(JSON.stringify(kept)).not.toContain(SETUP_TOKEN);
  });

  it.each(["accessToken", "setupToken"])(
    "puts no %s into a program's arguments or environment",
    async (field) => {
      const token = { accessToken: TOKEN, setupToken: SETUP_TOKEN }[field] ?? "";
      const account = withAnswers({ setupToken: SETUP_TOKEN });
      await silently(account);
      expect(account.on.programs.length).toBeGreaterThan(5);
      expect(JSON.stringify(account.on.programs)).not.toContain(token);
    },
  );

  it("takes tokens from the environment", async () => {
    const account = withAnswers({ accessToken: undefined });
    account.on.env.GITLAB_ACCESS_TOKEN = TOKEN;
    expect((await silently(account)).exitCode).toBe(0);
  });

  it("makes nothing with a token that may not make webhooks, and names the field", async () => {
    const account = withAnswers();
    account.played.gitLab.webhookStatus = 403;
    const { exitCode, err } = await silently(account);
    expect([exitCode, account.deploys, account.on.writes()]).toEqual([1, [], []]);
    expect(err).toContain("setupToken: the token may not make a webhook on group/app");
  });

  it.each([
    ["without a setup token", undefined, 1],
    ["with one of scope api", SETUP_TOKEN, 0],
  ])(
    "an access token of scope read_api sees webhooks and makes none: %s",
    async (_, setupToken, expected) => {
      const account = withAnswers({ setupToken });
      account.played.gitLab.token = { scopes: ["create_runner", "manage_runner", "read_api"], active: true };
      account.played.gitLab.scopes.set(SETUP_TOKEN, ["api"]);
      const { exitCode, err } = await silently(account);
      expect([
        exitCode,
        account.deploys.length === 0,
        err.includes("setupToken: the token may not make"),
      ]).toEqual([expected, expected === 1, expected === 1]);
    },
  );

  it("makes webhooks for a group's projects where GitLab has none for groups", async () => {
    const account = withAnswers({ projects: ["group/*"] });
    account.played.gitLab.groupWebhookStatus = 404;
    account.played.gitLab.webhooks = [];
    const { exitCode, err } = await silently(account);
    expect([exitCode, err.includes("its projects get them")]).toEqual([0, true]);
    expect(account.played.gitLab.webhooks).toMatchObject([{ project_id: 42, job_events: true }]);
  });

  it("runs no test job unless told, and prints the lines to paste instead", async () => {
    const account = withAnswers();
    const { out } = await silently(account);
    expect(out).toContain(".gitlab-ci.yml");
    expect(account.played.jobs).toEqual([]);
    const tested = await silently(account, "--test-job");
    expect([tested.exitCode, tested.out.includes(".gitlab-ci.yml")]).toEqual([0, false]);
    expect(tested.err).toContain("Hello from");
    expect(account.played.branches.size).toBe(0);
  });

  it.each([
    ["aws:lambda", "x86_64"],
    ["aws:ec2", undefined],
  ])("the lines to paste have the tag %s where Docker is for %s", async (tag, docker) => {
    const account = withAnswers();
    account.docker = docker;
    expect((await silently(account)).out).toContain(`tags: ["${tag}"]`);
  });

  it("says that there is no project for a test job where none was named", async () => {
    const { exitCode, err } = await silently(withAnswers({ projects: [] }), "--test-job");
    expect([exitCode, err]).toEqual([
      0,
      expect.stringContaining("There will be no test job: no project is named"),
    ]);
  });

  it("ends with 1 when the test job fails, with the command that tells why", async () => {
    const account = withAnswers();
    account.played.faults = { fails: ["first job"] };
    const { exitCode, err } = await silently(account, "--test-job");
    expect([exitCode, err]).toEqual([1, expect.stringMatching(/is failed\. .*npx runners why \d+/)]);
  });

  it("ends with 1 when somebody else's runner took the test job", async () => {
    const account = withAnswers();
    account.played.faults = { takenByOthers: ["first job"] };
    const { exitCode, err } = await silently(account, "--test-job");
    expect([exitCode, err]).toEqual([1, expect.stringContaining("on a runner that is not ours")]);
  });

  it("gives one JSON document on stdout", async () => {
    const { out } = await silently(withAnswers(), "--json");
    expect(JSON.parse(out)).toMatchObject({
      name: "gitlab-runners",
      region: REGION,
      changedStacks: [INFRASTRUCTURE, LAMBDA, AUTOSCALER],
      healthy: true,
    });
  });
});

describe("deploy, again", () => {
  it("is an update with the same answers that changes nothing", async () => {
    const account = withAnswers();
    await silently(account);
    const before = JSON.stringify([[...account.on.parameters], account.on.mapping.rows()]);
    const { exitCode, out, err } = await deploy(account, ["--yes", "--json"]);
    expect([exitCode, JSON.parse(out).changedStacks]).toEqual([0, []]);
    expect(err.match(/no changes/g)).toHaveLength(3);
    expect(JSON.stringify([[...account.on.parameters], account.on.mapping.rows()])).toBe(before);
  });

  it("adds a project to those that the mapping serves, and leaves the rest of it", async () => {
    const account = withAnswers({ projects: ["42"] });
    await silently(account);
    account.on.mapping.put({ pk: "job#unit", sk: "tags#", type: "EC2" });
    account.on.mapping.put({ pk: "settings", sk: "settings", projects: [42, 7], unmappedJobs: "DEFAULT" });
    account.on.files.set(FILE, JSON.stringify({ ...GIVEN, projects: ["42", "group/app"] }));
    await silently(account);
    expect(account.on.mapping.get("settings", "settings")).toMatchObject({
      projects: [42, 7, "group/app"],
      unmappedJobs: "DEFAULT",
    });
    expect(account.on.mapping.get("job#unit", "tags#")).toBeDefined();
  });

  it("leaves a deployment alone that was made under another configuration path", async () => {
    const account = withAnswers();
    account.on.setStack(INFRASTRUCTURE, { ConfigurationPath: "/by/hand" });
    const { exitCode, err } = await silently(account);
    expect([exitCode, account.deploys, account.on.writes()]).toEqual([1, [], []]);
    expect(err).toContain("under the configuration path /by/hand");
  });

  it("leaves a mapping alone that serves every project with a webhook", async () => {
    const account = withAnswers();
    await silently(account);
    account.on.mapping.clear();
    account.on.mapping.put({ pk: "job#unit", sk: "tags#", type: "EC2" });
    await silently(account);
    expect(account.on.mapping.rows()).toHaveLength(1);
  });

  it("keeps the processor that the Lambda runner has", async () => {
    const account = withAnswers();
    await silently(account);
    const stack = account.on.stacks.get(LAMBDA);
    account.on.stacks.set(LAMBDA, {
      ...stack,
      Parameters: [{ ParameterKey: "Architecture", ParameterValue: "arm64" }],
    } as never);
    await silently(account);
    expect(account.deploys.findLast(({ stack: name }) => name === LAMBDA)?.parameters.Architecture).toBe(
      "arm64",
    );
  });
});

describe("deploy, when something fails", () => {
  it("names the failed resource, CloudFormation's reason and the remedy, and goes on the next time", async () => {
    const account = withAnswers();
    account.faults.fails.set(AUTOSCALER, "The maximum number of tables is reached");
    const { exitCode, err } = await silently(account);
    expect(exitCode).toBe(1);
    expect(err).toContain(
      "LedgerTable (AWS::DynamoDB::Table) is CREATE_FAILED: The maximum number of tables is reached",
    );
    expect(err).toContain("Service Quotas");
    const again = await silently(account);
    expect([again.exitCode, account.deleted]).toEqual([0, [AUTOSCALER]]);
    expect(again.err.match(/no changes/g)).toHaveLength(2);
    expect(again.err).toContain("removing what a failed creation left");
  });

  it("waits for what CloudFormation has under way after a run that was killed", async () => {
    const account = withAnswers();
    const underWay = 90 * SECONDS;
    account.faults.dies.set(INFRASTRUCTURE, underWay);
    expect((await silently(account)).exitCode).toBe(1);
    const from = account.on.now;
    const again = await silently(account);
    expect([again.exitCode, again.exitCode === 0 ? "" : again.err]).toEqual([0, ""]);
    // It was under way from the start of the first run on, a little before.
    expect(account.on.now - from).toBeGreaterThan(underWay - 10 * SECONDS);
    expect(again.err).toContain("waiting for what CloudFormation has under way");
  });

  it("a change set that was never carried out is no obstacle", async () => {
    const account = withAnswers();
    account.setStatus(INFRASTRUCTURE, "REVIEW_IN_PROGRESS");
    expect((await silently(account)).exitCode).toBe(0);
    expect(account.deleted).toEqual([]);
  });

  it("says what an operator has to do about a failed rollback", async () => {
    const account = withAnswers();
    account.setStatus(INFRASTRUCTURE, "UPDATE_ROLLBACK_FAILED");
    const { exitCode, err } = await silently(account);
    expect([
      exitCode,
      err.includes("continue-update-rollback --stack-name gitlab-runners-infrastructure"),
    ]).toEqual([1, true]);
    expect(account.deploys).toEqual([]);
  });

  it("deploys nothing when a build fails, and gives SAM's reason", async () => {
    const account = withAnswers();
    account.buildFailure = "Starting Build\n\nBuild Failed\nError: Esbuild Failed: Cannot find esbuild";
    const { exitCode, err } = await silently(account);
    expect([exitCode, account.deploys]).toEqual([1, []]);
    expect(err).toContain("Cannot find esbuild");
    expect(err).not.toContain("Starting Build");
  });

  it.each([0, 1, 2])(
    "Ctrl-C during stack %d ends the program, and the next run goes on without the token",
    async (at) => {
      const account = withAnswers();
      const run = account.on.runProgram;
      const wasEnded: boolean[] = [];
      account.on.runProgram = (call) => {
        if (call.args[0] !== "deploy" || account.deploys.length !== at) return run(call);
        account.on.interrupt();
        wasEnded.push(call.signal?.aborted === true);
        return { exitCode: 1, output: "" };
      };
      const { exitCode, err, console } = await silently(account);
      expect(wasEnded).toEqual([true]);
      expect(console.bars).toEqual([]);
      expect([exitCode, err]).toEqual([1, expect.stringContaining("it goes on from there")]);
      account.on.runProgram = run;
      const again = await deploy(account, ["--yes"]);
      expect([again.exitCode, again.exitCode === 0 ? "" : again.err]).toEqual([0, ""]);
      expect(stacksOf(account)).toEqual(expect.arrayContaining([INFRASTRUCTURE, LAMBDA, AUTOSCALER]));
    },
  );
});

describe("deploy and the Lambda runner's image", () => {
  it("without Docker says what that means and deploys the rest", async () => {
    const account = withAnswers();
    account.docker = undefined;
    const { exitCode, err } = await silently(account);
    expect([exitCode, stacksOf(account)]).toEqual([0, [INFRASTRUCTURE, AUTOSCALER]]);
    expect(err).toContain("all jobs get EC2\nrunners");
    expect(err).toContain("--image-uri");
  });

  it("without Docker leaves a Lambda runner that is there", async () => {
    const account = withAnswers();
    await silently(account);
    account.docker = undefined;
    const { err } = await silently(account);
    expect(err).toMatch(new RegExp(`keep +${LAMBDA} +stays as it is`));
    expect(account.on.stacks.has(LAMBDA)).toBe(true);
  });

  it.each(["answers", "option"])(
    "deploys an image that is pushed already, by %s, and builds none",
    async (how) => {
      const account = withAnswers(how === "answers" ? { imageUri: IMAGE } : {});
      account.docker = undefined;
      const more = how === "answers" ? [] : ["--image-uri", IMAGE];
      expect((await silently(account, ...more)).exitCode).toBe(0);
      expect(account.builds.map((args) => args.includes("LambdaShellRunner"))).toEqual([false, false]);
      const args = account.deploys[1]?.args ?? [];
      const template = account.on.files.get(args[args.indexOf("--template-file") + 1] ?? "") ?? "";
      expect(template).toContain(`ImageUri: ${IMAGE}`);
      expect(template).not.toContain("DockerContext");
    },
  );

  it("refuses an image of another region, since Lambda takes none", async () => {
    const account = withAnswers({ imageUri: IMAGE.replace(REGION, "eu-west-1") });
    const { exitCode, err } = await silently(account);
    expect([exitCode, err.includes("imageUri is")]).toEqual([2, true]);
  });

  it("builds with the digests that the Dockerfile leaves open, and leaves the Dockerfile as it is", async () => {
    const account = withAnswers();
    const before = statSync(join(CLONE, "LambdaShellRunner", "Dockerfile")).mtimeMs;
    await silently(account);
    const [, build = ""] = account.builds;
    const source = /--template-file (\S+)/.exec(build)?.[1] ?? "";
    expect(account.on.files.get(source)).toContain("NODE_DIGEST: sha256:abc");
    expect(account.on.files.get(source)).toContain(`DockerContext: ${CLONE}`);
    expect(statSync(join(CLONE, "LambdaShellRunner", "Dockerfile")).mtimeMs).toBe(before);
  });
});

describe("deploy and the SAM CLI", () => {
  it.each([undefined, "SAM CLI, version 1.100.0"])(
    "installs one of its own where PATH has %s",
    async (version) => {
      const account = withAnswers();
      account.samVersion = version;
      const { exitCode, err } = await silently(account);
      expect([exitCode, err.includes("is installed into .local")]).toEqual([0, true]);
      expect(account.on.programs.some(({ args }) => args[0]?.endsWith("local/setup/command.mjs"))).toBe(true);
    },
  );

  it("works where the answers say, whatever the environment says", async () => {
    const account = withAnswers();
    account.on.env.AWS_REGION = "eu-north-1";
    await silently(account);
    const variables = { AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION };
    expect(account.deploys.map(({ env }) => env)).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining(variables)),
    );
    expect(account.on.homes).toEqual([{ region: REGION }]);
  });
});
