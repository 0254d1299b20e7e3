import { DeploymentDouble, functionArn, INFRASTRUCTURE, NOW } from "../testing/deployment-double";
import {
  GITLAB,
  OperatorGitLabDouble,
  SECRET,
  SIGNED_WEBHOOK,
  TOKEN,
  WEBHOOK,
} from "../testing/gitlab-double";
import { attempt, runner } from "../testing/items";
import { NamedError } from "../testing/named-error";

const RUNNER_TAGS = { "glr:role": "runner", "glr:stack": INFRASTRUCTURE };

interface Healthy {
  readonly on: DeploymentDouble;
  readonly gitLab: OperatorGitLabDouble;
}

/** A deployment in which all is as it should be. */
const healthy = (): Healthy => {
  const on = new DeploymentDouble();
  const gitLab = new OperatorGitLabDouble();
  on.fetch = gitLab.fetch;
  on.setParameter("Url", GITLAB, "String");
  on.setParameter("AccessToken", TOKEN);
  on.setParameter("WebhookSecret", SECRET);
  on.mapping.put({ pk: "job#x", sk: "tags#a", type: "LAMBDA", arn: functionArn("runner") });
  on.ledger.put({
    pk: "state#reconciler",
    sk: "stateRecord",
    version: 1,
    value: { projects: {}, projectsReadAt: NOW - 60_000, doneAt: NOW - 60_000 },
  });
  on.answers.set("GetFunctionCommand", () => ({
    Configuration: { State: "Active", Timeout: 900 },
    Tags: RUNNER_TAGS,
  }));
  on.answers.set("GetQueueAttributesCommand", () => ({ Attributes: { ApproximateNumberOfMessages: "0" } }));
  on.answers.set("GetServiceQuotaCommand", () => ({ Quota: { Value: 640 } }));
  on.answers.set("GetAccountSettingsCommand", () => ({
    AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 },
  }));
  on.answers.set("GetServiceSettingCommand", () => ({ ServiceSetting: { SettingValue: "true" } }));
  on.answers.set("GetRoleCommand", ({ RoleName }: { RoleName: string }) => ({ Role: { RoleName } }));
  on.answers.set(
    "DescribeLaunchTemplateVersionsCommand",
    ({ LaunchTemplateId }: { LaunchTemplateId: string }) => ({
      LaunchTemplateVersions: [
        {
          LaunchTemplateData: {
            ImageId: LaunchTemplateId === "lt-arm" ? "ami-0arm" : "ami-0x86",
            BlockDeviceMappings: [{ DeviceName: "/dev/xvda" }],
          },
        },
      ],
    }),
  );
  on.answers.set("DescribeImagesCommand", ({ ImageIds: [ImageId] }: { ImageIds: string[] }) => ({
    Images: [
      {
        ImageId,
        Name: "our-runner",
        State: "available",
        Architecture: ImageId === "ami-0arm" ? "arm64" : "x86_64",
        RootDeviceName: "/dev/xvda",
      },
    ],
  }));
  return { on, gitLab };
};

const SIGNING_KEY = `whsec_${Buffer.alloc(32, 4).toString("base64")}`;

/** The same with signed webhooks, and without a static secret. */
const signing = (): Healthy => {
  const subject = healthy();
  const { on, gitLab } = subject;
  on.parameters.delete("/gitlabrunner/WebhookSecret");
  on.setParameter("WebhookSigningKey", SIGNING_KEY);
  Object.assign(gitLab.webhooks[0]!, {
    url: SIGNED_WEBHOOK,
    token_present: false,
    signing_token_present: true,
  });
  return subject;
};

interface Report {
  readonly healthy: boolean;
  readonly findings: readonly { area: string; level: string; sentence: string; remedy?: string }[];
}

const examine = async ({ on }: Healthy, ...more: readonly string[]) => {
  const { exitCode, out, err } = await on.run(["doctor", "--json", ...more]);
  const { findings } = JSON.parse(out) as Report;
  return { exitCode, findings, bad: findings.filter(({ level }) => level !== "ok"), text: out + err };
};

/** An account that nobody has raised a limit of. */
const newAccount = ({ on }: Healthy): void => {
  on.answers.set("GetServiceQuotaCommand", () => ({ Quota: { Value: 5 } }));
  on.answers.set("GetAccountSettingsCommand", () => ({
    AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 },
  }));
  on.answers.set("GetServiceSettingCommand", () => ({ ServiceSetting: { SettingValue: "false" } }));
};

/** What the last pass left in its note. */
const lastPass =
  (value: object) =>
  ({ on }: Healthy): void =>
    on.ledger.put({
      pk: "state#reconciler",
      sk: "stateRecord",
      version: 1,
      value: { projects: {}, projectsReadAt: NOW - 60_000, doneAt: NOW - 60_000, ...value },
    });

const refusal = (status: number) => ({ status, since: NOW - 7_200_000, at: NOW - 60_000, count: 6 });

describe("doctor", () => {
  it("finds nothing to fix in a deployment that is well, and ends with 0", async () => {
    const { exitCode, bad, findings } = await examine(healthy());
    expect(bad).toEqual([]);
    expect(exitCode).toBe(0);
    expect(new Set(findings.map(({ area }) => area))).toEqual(
      new Set([
        "stacks",
        "workflow",
        "parameters",
        "access token",
        "clock",
        "webhook API",
        "webhook",
        "mapping",
        "served projects",
        "function",
        "image",
        "quotas",
        "roles",
        "reconciler",
        "running jobs",
        "jobs",
        "DLQ messages",
      ]),
    );
  });

  it.each([
    [{ status: "DELETING", type: "EXPRESS" }, "StartRunnerStateMachine is DELETING"],
    [{ status: "ACTIVE", type: "STANDARD" }, "StartRunnerStateMachine is ACTIVE and of type STANDARD"],
    [undefined, "StartRunnerStateMachine does not exist"],
  ])("finds a workflow that takes no events: %j", async (answer, sentence) => {
    const subject = healthy();
    subject.on.answers.set(
      "DescribeStateMachineCommand",
      ({ stateMachineArn }: { stateMachineArn: string }) => {
        if (stateMachineArn.endsWith("stop")) return { status: "ACTIVE", type: "EXPRESS" };
        if (answer === undefined) throw new NamedError("StateMachineDoesNotExist");
        return answer;
      },
    );
    const { exitCode, bad } = await examine(subject);
    expect(exitCode).toBe(1);
    expect(bad).toMatchObject([
      { area: "workflow", level: "problem", sentence: expect.stringContaining(sentence) },
    ]);
  });

  it("says of workflows that it may not look at that it has not looked", async () => {
    const subject = healthy();
    subject.on.answers.set("DescribeStateMachineCommand", () => {
      throw new NamedError("AccessDeniedException");
    });
    const { exitCode, bad } = await examine(subject);
    expect(exitCode).toBe(0);
    expect(bad).toMatchObject([{ area: "workflow", level: "unknown" }]);
  });

  it("I-13: shows no secret, probes with an event that no rule takes, and changes nothing", async () => {
    const subject = healthy();
    const { text } = await examine(subject);
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(SECRET);
    expect(subject.on.writes()).toEqual([]);
    const probes = subject.gitLab.asked.filter(({ url }) => url === WEBHOOK);
    expect(probes.map(({ body }) => body)).toEqual(
      Array(2).fill({ object_kind: "build", build_status: "created" }),
    );
    const sentTo = subject.gitLab.asked.filter(({ headers }) => headers["PRIVATE-TOKEN"] === TOKEN);
    expect(sentTo.every(({ url, method }) => url.startsWith(`${GITLAB}/`) && method === "GET")).toBe(true);
  });

  it("finds nothing to fix where webhooks are signed and no static secret is stored", async () => {
    const subject = signing();
    const { exitCode, bad, findings, text } = await examine(subject);
    expect([exitCode, bad]).toEqual([0, []]);
    expect(findings.map(({ sentence }) => sentence)).toEqual(
      expect.arrayContaining([
        "Without the signing key nobody is let in",
        "With the signing key events are let in",
        "Project 42 sends its job events, signed",
      ]),
    );
    expect(text).not.toContain(SIGNING_KEY);
    const probes = subject.gitLab.asked.filter(({ url }) => url === SIGNED_WEBHOOK);
    expect(probes.map(({ headers }) => "webhook-signature" in headers)).toEqual([false, true]);
  });

  it.each<readonly [string, string, string, (subject: Healthy) => void]>([
    [
      "an open signed webhook",
      "problem",
      "Without the signing key",
      ({ gitLab }) => (gitLab.signedDoor = [200, 200]),
    ],
    [
      "a signed webhook that refuses our key",
      "problem",
      "With the stored signing key",
      ({ gitLab }) => (gitLab.signingKey = Buffer.alloc(32, 5)),
    ],
    [
      "a webhook that is not signed where it has to be",
      "problem",
      "no signing token",
      ({ gitLab }) => (gitLab.webhooks[0]!.signing_token_present = false),
    ],
    [
      "a webhook that could be signed",
      "warning",
      "though this GitLab can sign it",
      ({ gitLab }) =>
        Object.assign(gitLab.webhooks[0]!, {
          url: WEBHOOK,
          token_present: true,
          signing_token_present: false,
        }),
    ],
    [
      "a signing key of another form",
      "problem",
      "is no signing key",
      ({ on }) => on.setParameter("WebhookSigningKeyPrevious", "whsec_short"),
    ],
    [
      "a signing key in the clear",
      "problem",
      "is a String",
      ({ on }) => on.setParameter("WebhookSigningKey", SIGNING_KEY, "String"),
    ],
  ])("finds %s: a %s with a remedy", async (_, level, words, spoil) => {
    const subject = signing();
    spoil(subject);
    const { bad, text } = await examine(subject);
    const found = bad.filter((each) => each.level === level && each.sentence.includes(words));
    expect(found).toHaveLength(1);
    expect(found[0]?.remedy).toMatch(/\w/);
    expect(text).not.toMatch(/whsec_[A-Za-z0-9+/]/);
  });

  const day = (days: number) => new Date(NOW + days * 86_400_000).toISOString().slice(0, 10);
  it.each<readonly [string, string, string, (subject: Healthy) => void]>([
    [
      "a stack that failed",
      "problem",
      "ROLLBACK",
      ({ on }) =>
        on.setStack(
          INFRASTRUCTURE,
          { WebhookUrl: WEBHOOK, ConfigurationPath: "/gitlabrunner" },
          "UPDATE_ROLLBACK_FAILED",
        ),
    ],
    ["no Infrastructure", "problem", "There is no stack", ({ on }) => on.stacks.delete(INFRASTRUCTURE)],
    [
      "another configuration path",
      "problem",
      "/elsewhere",
      ({ on }) => on.setStack(INFRASTRUCTURE, { WebhookUrl: WEBHOOK, ConfigurationPath: "/elsewhere" }),
    ],
    [
      "not a valid URL",
      "problem",
      "/gitlabrunner/Url is missing",
      ({ on }) => on.parameters.delete("/gitlabrunner/Url"),
    ],
    [
      "F-72: an address in the clear",
      "problem",
      "https://",
      ({ on }) => on.setParameter("Url", "http://gitlab.example.com", "String"),
    ],
    [
      "F-72: the metadata service's address",
      "problem",
      "Url",
      ({ on }) => on.setParameter("Url", "https://169.254.169.254", "String"),
    ],
    [
      "no token",
      "problem",
      "AccessToken is missing",
      ({ on }) => on.parameters.delete("/gitlabrunner/AccessToken"),
    ],
    [
      "a token in the clear",
      "problem",
      "is a String",
      ({ on }) => on.setParameter("AccessToken", TOKEN, "String"),
    ],
    [
      "no webhook secret",
      "problem",
      "WebhookSecret is missing",
      ({ on }) => on.parameters.delete("/gitlabrunner/WebhookSecret"),
    ],
    [
      "paused starts",
      "warning",
      "New starts are paused",
      ({ on }) => on.setParameter("Starts", "off", "String"),
    ],
    [
      "a switch that is neither on nor off",
      "problem",
      "neither on nor off",
      ({ on }) => on.setParameter("Starts", "maybe", "String"),
    ],
    ["T-18: a token that GitLab refuses", "problem", "(401)", ({ gitLab }) => (gitLab.tokenStatus = 401)],
    [
      "T-18 F-73: a GitLab that sends on elsewhere",
      "unknown",
      "sends on to another address",
      ({ gitLab }) => (gitLab.tokenStatus = 302),
    ],
    [
      "a missing scope",
      "problem",
      "manage_runner",
      ({ gitLab }) => (gitLab.token = { scopes: ["create_runner", "read_api"] }),
    ],
    [
      "a token that expires soon",
      "warning",
      "expires in 6 days",
      ({ gitLab }) => (gitLab.token = { scopes: ["api"], expires_at: day(7) }),
    ],
    [
      "a token that has expired",
      "problem",
      "It expired",
      ({ gitLab }) => (gitLab.token = { scopes: ["api"], expires_at: day(-1) }),
    ],
    ["a clock that is wrong", "warning", "apart", ({ gitLab }) => (gitLab.date = NOW + 120_000)],
    ["an open webhook API", "problem", "Without the secret", ({ gitLab }) => (gitLab.door = [200, 200])],
    ["a shut webhook API", "problem", "With the stored secret", ({ gitLab }) => (gitLab.door = [401, 403])],
    ["no webhook", "problem", "has no webhook", ({ gitLab }) => (gitLab.webhooks = [])],
    [
      "a webhook without job events",
      "problem",
      "does not send job events",
      ({ gitLab }) => (gitLab.webhooks[0]!.job_events = false),
    ],
    [
      "a webhook that checks no certificate",
      "problem",
      "certificate",
      ({ gitLab }) => (gitLab.webhooks[0]!.enable_ssl_verification = false),
    ],
    [
      "a webhook that GitLab switched off",
      "problem",
      "switched the webhook off (disabled)",
      ({ gitLab }) => (gitLab.webhooks[0]!.alert_status = "disabled"),
    ],
    [
      "a webhook that GitLab switched off for a while",
      "problem",
      "switched the webhook off (temporarily_disabled)",
      ({ gitLab }) => (gitLab.webhooks[0]!.alert_status = "temporarily_disabled"),
    ],
    [
      "a webhook without a secret",
      "problem",
      "no secret",
      ({ gitLab }) => (gitLab.webhooks[0]!.token_present = false),
    ],
    [
      "a webhook with a wrong secret",
      "problem",
      "refused (403)",
      ({ gitLab }) => (gitLab.deliveries = [{ response_status: "403" }]),
    ],
    [
      "a webhook that is there twice",
      "warning",
      "2 times",
      ({ gitLab }) => gitLab.groupWebhooks.push({ ...gitLab.webhooks[0] }),
    ],
    [
      "webhooks that may not be listed",
      "warning",
      "cannot be listed",
      ({ gitLab }) => (gitLab.webhookStatus = 403),
    ],
    ["no project", "problem", "member of no project", ({ gitLab }) => (gitLab.projects = [])],
    [
      "instance runners that race",
      "warning",
      "untagged",
      ({ gitLab }) => (gitLab.projects[0]!.shared_runners_enabled = true),
    ],
    [
      "F-15: a row of an unknown type",
      "problem",
      "job#y / tags#",
      ({ on }) => on.mapping.put({ pk: "job#y", sk: "tags#", type: "FARGATE" }),
    ],
    [
      "F-15: a row of a class that is gone",
      "problem",
      '"gone"',
      ({ on }) => on.mapping.put({ pk: "job#y", sk: "tags#", type: "EC2", class: "gone" }),
    ],
    [
      "a function that is gone",
      "problem",
      "There is no function",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => {
          throw new NamedError("ResourceNotFoundException");
        }),
    ],
    [
      "T-17: a function that is no runner",
      "problem",
      "lacks the tag glr:role",
      ({ on }) => on.answers.set("GetFunctionCommand", () => ({ Tags: {} })),
    ],
    [
      "T-17: another deployment's function",
      "problem",
      "lacks the tag glr:stack",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => ({ Tags: { ...RUNNER_TAGS, "glr:stack": "other" } })),
    ],
    [
      "a function that ends too early",
      "warning",
      "ends after 300 s",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => ({ Configuration: { Timeout: 300 }, Tags: RUNNER_TAGS })),
    ],
    [
      "an image that Lambda may not read",
      "problem",
      "is Failed (ImageAccessDenied",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => ({
          Configuration: { State: "Failed", StateReasonCode: "ImageAccessDenied", Timeout: 900 },
          Tags: RUNNER_TAGS,
        })),
    ],
    [
      "a function whose image is deleted",
      "problem",
      "is Inactive (ImageDeleted",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => ({
          Configuration: { State: "Inactive", StateReasonCode: "ImageDeleted", Timeout: 900 },
          Tags: RUNNER_TAGS,
        })),
    ],
    [
      "a function that is being made",
      "warning",
      "is Pending (Creating",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => ({
          Configuration: { State: "Pending", StateReasonCode: "Creating", Timeout: 900 },
          Tags: RUNNER_TAGS,
        })),
    ],
    [
      "a function whose update failed",
      "warning",
      "older than its last update",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => ({
          Configuration: { State: "Active", LastUpdateStatus: "Failed", Timeout: 900 },
          Tags: RUNNER_TAGS,
        })),
    ],
    [
      "a function whose image is old",
      "warning",
      "updates nothing in an image",
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => ({
          Configuration: { PackageType: "Image", LastModified: "2026-01-01T00:00:00.000+0000", Timeout: 900 },
          Tags: RUNNER_TAGS,
        })),
    ],
    [
      "an image that is deprecated",
      "warning",
      "is deprecated since 2026-11-01",
      ({ on }) =>
        on.answers.set("DescribeImagesCommand", ({ ImageIds: [ImageId] }: { ImageIds: string[] }) => ({
          Images: [
            {
              ImageId,
              Name: "u",
              State: "available",
              Architecture: ImageId === "ami-0arm" ? "arm64" : "x86_64",
              RootDeviceName: "/dev/xvda",
              DeprecationTime: "2026-11-01T00:00:00.000Z",
            },
          ],
        })),
    ],
    [
      "an image that is old",
      "warning",
      "was made ",
      ({ on }) =>
        on.answers.set("DescribeImagesCommand", ({ ImageIds: [ImageId] }: { ImageIds: string[] }) => ({
          Images: [
            {
              ImageId,
              Name: "u",
              State: "available",
              Architecture: ImageId === "ami-0arm" ? "arm64" : "x86_64",
              RootDeviceName: "/dev/xvda",
              CreationDate: "2026-01-01T00:00:00.000Z",
            },
          ],
        })),
    ],
    [
      "an image that is gone",
      "problem",
      "there is no image",
      ({ on }) =>
        on.answers.set("DescribeImagesCommand", () => {
          throw new NamedError("InvalidAMIID.NotFound");
        }),
    ],
    [
      "Amazon's plain image, with what it costs and what to do",
      "warning",
      "installs Docker and gitlab-runner when it boots, which takes up to three minutes more",
      ({ on }) =>
        on.answers.set("DescribeImagesCommand", () => ({
          Images: [
            {
              ImageId: "ami-1",
              Name: "al2023-ami-2023.1",
              State: "available",
              Architecture: "arm64",
              RootDeviceName: "/dev/xvda",
            },
          ],
        })),
    ],
    [
      "another root device",
      "problem",
      "/dev/sda1",
      ({ on }) =>
        on.answers.set("DescribeImagesCommand", () => ({
          Images: [
            {
              ImageId: "ami-1",
              Name: "u",
              State: "available",
              Architecture: "arm64",
              RootDeviceName: "/dev/sda1",
            },
          ],
        })),
    ],
    [
      "a missing service-linked role of spot, which on demand stands in for",
      "warning",
      "AWSServiceRoleForEC2Spot is missing: all instances are bought on demand",
      ({ on }) =>
        on.answers.set("GetRoleCommand", () => {
          throw new NamedError("NoSuchEntityException");
        }),
    ],
    [
      "a pass that is silent",
      "problem",
      "completed no pass for 3 min 00 s",
      lastPass({ doneAt: NOW - 180_000 }),
    ],
    [
      "a reconciler that has done no pass yet",
      "warning",
      "The reconciler has not completed a pass yet",
      ({ on }) => on.ledger.put({ pk: "state#reconciler", sk: "stateRecord", version: 1, value: {} }),
    ],
    [
      "a function that is not there, and the row that names it",
      "problem",
      `There is no function ${functionArn("runner")}, named by the row job#x / tags#a`,
      ({ on }) =>
        on.answers.set("GetFunctionCommand", () => {
          throw new NamedError("ResourceNotFoundException");
        }),
    ],
    [
      "jobs that AWS's limit holds",
      "warning",
      "2 jobs (7, 8), for 5 min 00 s: AWS's limit; of job 7: Its runner is not launched: the account's limit at AWS is reached: VcpuLimitExceeded.",
      ({ on }) => {
        for (const jobId of [7, 8]) {
          on.putLedger(attempt(jobId, { state: "CREATED", times: { CREATED: NOW - 300_000 } }));
          on.putLedger(runner(jobId, { heldBy: "limit", detail: "VcpuLimitExceeded" }));
        }
      },
    ],
    [
      "a job whose attempts are used up",
      "problem",
      "1 job (7), for 1 h 00 min: No runner could be started: its launch was refused: No such image. All 3 attempts are used up.",
      ({ on }) =>
        on.putLedger(
          attempt(7, {
            attempt: 3,
            state: "FAILED",
            reason: "launch-refused",
            detail: "No such image",
            times: { FAILED: NOW - 3_600_000 },
          }),
        ),
    ],
    [
      "a part of the reconciler that failed in every pass for ten minutes",
      "problem",
      "part membership of the last pass failed (TransientError 500), as of every pass for 10 min",
      lastPass({ failing: { membership: { since: NOW - 600_000, error: "TransientError 500" } } }),
    ],
    [
      "a part of the reconciler that failed just now",
      "warning",
      "part events of the last pass failed (TransientError throttled)",
      lastPass({ failing: { events: { since: NOW - 60_000, error: "TransientError throttled" } } }),
    ],
    [
      "a part of the reconciler that another version knows",
      "warning",
      "part unheard-of of the last pass failed",
      lastPass({ failing: { "unheard-of": { since: NOW, error: "Error" } } }),
    ],
    [
      "projects that refuse the list of their jobs",
      "warning",
      "2 projects refuse the list of jobs (403: CI/CD may be switched off there): 3 (since ",
      lastPass({ refusals: { 3: refusal(403), 4: refusal(403), 5: refusal(404) } }),
    ],
    [
      "a project that is gone",
      "warning",
      "1 project refuses the list of jobs (404: it is gone, or the token's user is no member): 5 (since ",
      lastPass({ refusals: { 3: refusal(403), 5: refusal(404) } }),
    ],
    [
      "many projects that refuse",
      "warning",
      " and 2 more; the next is asked at ",
      lastPass({
        refusals: Object.fromEntries(Array.from({ length: 12 }, (_, id) => [id + 1, refusal(403)])),
      }),
    ],
    [
      "DLQ messages",
      "problem",
      "3 events",
      ({ on }) =>
        on.answers.set("GetQueueAttributesCommand", () => ({
          Attributes: { ApproximateNumberOfMessages: "3" },
        })),
    ],
    [
      "a question that is not allowed",
      "unknown",
      "AccessDeniedException",
      ({ on }) => on.answers.delete("GetServiceQuotaCommand"),
    ],
  ])("finds %s: a %s with a remedy", async (_, level, words, spoil) => {
    const subject = healthy();
    spoil(subject);
    const { exitCode, bad } = await examine(subject);
    const found = bad.filter((each) => each.level === level && each.sentence.includes(words));
    expect(found).not.toEqual([]);
    for (const { remedy } of bad) expect(remedy).toMatch(/\w/);
    expect(exitCode).toBe(bad.some((each) => each.level === "problem") ? 1 : 0);
  });

  it("does not take a pass for silent that cannot read its projects", async () => {
    const subject = healthy();
    lastPass({ projectsReadAt: NOW - 3_600_000 })(subject);
    const { exitCode, findings } = await examine(subject);
    expect(exitCode).toBe(0);
    expect(findings.map(({ sentence }) => sentence)).toContain(
      "The last pass did all its parts (1 min 00 s ago)",
    );
  });

  it("sees that the reconciler runs each minute, whenever it read its projects", async () => {
    const subject = healthy();
    lastPass({ projectsReadAt: NOW - 444_000, doneAt: NOW - 24_000 })(subject);
    const { findings } = await examine(subject);
    expect(findings.map(({ sentence }) => sentence)).toContain(
      "The reconciler is at work (its last pass was done 24.0 s ago)",
    );
  });

  it("has nothing to say of a queue that moves", async () => {
    const subject = healthy();
    const times = { WAITING: NOW - 60_000 };
    subject.on.putLedger(attempt(7, { state: "WAITING", waitingFor: "slot", times }));
    subject.on.ledger.put({ pk: "state#classes", sk: "stateRecord", version: 1, value: ["LAMBDA#default"] });
    const { bad, findings } = await examine(subject);
    expect(bad).toEqual([]);
    expect(findings).toContainEqual({
      area: "jobs",
      level: "ok",
      sentence: "1 waiting, 0 starting, 0 running",
    });
  });

  it("takes a group's webhook for a project's", async () => {
    const subject = healthy();
    subject.gitLab.groupWebhooks = subject.gitLab.webhooks.map(({ project_id: _, ...webhook }) => webhook);
    subject.gitLab.webhooks = [];
    expect((await examine(subject)).bad).toEqual([]);
  });

  it.each([
    ["19.4.0-ee", "✓", "has all that is needed"],
    ["17.1.0", "✓", "has all that is needed"],
    ["17.0.9", "!", "has no scope manage_runner"],
    ["15.11.0", "!", "has no scope manage_runner"],
    ["15.10.8", "✗", "cannot make a runner for one job"],
    ["9.5", "✗", "cannot make a runner for one job"],
  ])("says of GitLab %s whether it is new enough, and what is missing", async (version, sign, words) => {
    const { on, gitLab } = healthy();
    gitLab.version = version;
    const { out } = await on.run(["doctor"]);
    expect(out.replaceAll(/\s+/g, " ")).toContain(`${sign} GitLab GitLab ${version} ${words}`);
  });

  it.each([
    ["GitLabCaCertificate", "AAAA", "✗", "is no certificate in PEM form"],
    [
      "GitLabCaCertificate",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      "✓",
      "is a certificate",
    ],
    ["AllowedSourceAddresses", "34.74.90.64/28", "✓", "lets webhooks in from 34.74.90.64/28 alone"],
    ["AllowedSourceAddresses", "34.74.90.64/28,all", "✗", 'holds "all", and so no webhook is let in'],
  ])("looks at %s (%j)", async (name, value, sign, words) => {
    const { on } = healthy();
    on.setParameter(name, value, "String");
    const { out } = await on.run(["doctor"]);
    const text = out.replaceAll(/\s+/g, " ");
    expect(text).toContain(`${sign} parameters /gitlabrunner/${name} ${words}`);
  });

  it("T-19: names the projects that the token is a member of and the settings do not list", async () => {
    const subject = healthy();
    const { gitLab, on } = subject;
    gitLab.projects.push({ id: 666, path_with_namespace: "elsewhere/mine" });
    on.mapping.put({ pk: "settings", sk: "settings", projects: ["group/*"] });
    const { bad } = await examine(subject);
    expect(bad).toMatchObject([{ area: "served projects", level: "warning" }]);
    expect(bad[0]?.sentence).toContain(
      "1 project is not served though the token is a member: elsewhere/mine (666)",
    );
    on.mapping.put({ pk: "settings", sk: "settings", projects: [42, "Elsewhere/Mine"] });
    expect((await examine(subject)).findings).toContainEqual(
      expect.objectContaining({ area: "served projects", level: "ok" }),
    );
  });

  it("I-27: names settings that cannot be read", async () => {
    const subject = healthy();
    subject.on.mapping.put({ pk: "settings", sk: "settings", maxRunners: 0 });
    const { bad } = await examine(subject);
    expect(bad[0]).toMatchObject({ area: "mapping", level: "problem" });
    expect(bad[0]?.sentence).toContain("settings / settings has a maxRunners");
  });

  it("looks at the projects that are named", async () => {
    const { exitCode, bad } = await examine(healthy(), "--project", "42", "--project", "77");
    expect(exitCode).toBe(1);
    expect(bad.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining("Project 77 is not to be seen"),
    ]);
  });

  it.each([
    ["on-demand vCPUs", "On-demand: 5 vCPUs", "ec2/quotas/L-1216C47A"],
    ["spot vCPUs", "Spot: 5 vCPUs", "ec2/quotas/L-34B43A08"],
    [
      "concurrency",
      "10 concurrent executions: 5 Lambda runners at a time",
      "lambda/quotas/L-B99A9384?region=",
    ],
    ["tenants' environments", "25 environments for tenants", "lambda/quotas/L-B99A9384"],
    ["reads of Parameter Store", "40 reads a second", "ssm update-service-setting"],
  ])("F-77: names a new account's few %s, and where to raise them", async (_, words, link) => {
    const subject = healthy();
    newAccount(subject);
    const { exitCode, bad } = await examine(subject);
    const found = bad.filter(({ sentence }) => sentence.includes(words));
    expect(found).toMatchObject([{ level: "warning", remedy: expect.stringContaining(link) }]);
    expect(exitCode).toBe(0);
  });

  it("F-77: takes vCPUs for enough that do for the default class's runners to the last", async () => {
    const subject = healthy();
    const vcpus = async (Value: number) => {
      subject.on.answers.set("GetServiceQuotaCommand", () => ({ Quota: { Value } }));
      const { bad } = await examine(subject);
      return bad.map(({ sentence }) => sentence).filter((sentence) => sentence.includes("vCPUs"));
    };
    const [first = ""] = await vcpus(5);
    const needed = Number(/default class need (\d+)/.exec(first)?.[1]);
    expect([await vcpus(needed), (await vcpus(needed - 1)).length]).toEqual([[], 2]);
  });

  it.each([
    // Two bursts of twenty runners, at 2.5 environments for each concurrent execution.
    [15, 1],
    [16, 0],
  ])(
    "F-77: with %i concurrent executions, tenants' environments for two bursts of twenty runners are %i times too few",
    async (limit, times) => {
      const subject = healthy();
      subject.on.mapping.put({ pk: "settings", sk: "settings", maxRunnersPerClass: 20 });
      subject.on.answers.set("GetAccountSettingsCommand", () => ({
        AccountLimit: { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: limit },
      }));
      const { bad } = await examine(subject);
      expect(bad.filter(({ sentence }) => sentence.includes("environments for tenants"))).toHaveLength(times);
    },
  );

  it("F-77 F-16: names a new account's few functions for signed webhooks, and where to raise them", async () => {
    const subject = healthy();
    newAccount(subject);
    const words = "too few for bursts of signed webhooks";
    const findings = async () =>
      (await examine(subject)).bad.filter(({ sentence }) => sentence.includes(words));
    expect(await findings()).toEqual([]);
    subject.on.setParameter("WebhookSigningKey", SIGNING_KEY);
    const remedy = expect.stringContaining("lambda/quotas/L-B99A9384");
    expect(await findings()).toMatchObject([{ level: "warning", remedy }]);
  });

  it("names concurrency that other functions of the account have reserved", async () => {
    const subject = healthy();
    subject.on.answers.set("GetAccountSettingsCommand", () => ({
      AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 20 },
    }));
    const { bad } = await examine(subject);
    expect(bad).toMatchObject([
      {
        level: "warning",
        sentence: expect.stringContaining("980 of 1000 concurrent executions are reserved"),
      },
    ]);
  });

  it("asks an emulator of its account where that knows quotas, and no other", async () => {
    const subject = healthy();
    subject.on.env.AWS_ENDPOINT_URL = "http://localhost:4566";
    expect((await examine(subject)).bad).toEqual([]);
    subject.on.answers.delete("GetServiceQuotaCommand");
    subject.on.answers.delete("GetRoleCommand");
    const { exitCode, bad } = await examine(subject);
    expect(exitCode).toBe(0);
    expect(bad.map(({ sentence }) => sentence)).toEqual([expect.stringContaining("emulator")]);
  });

  it("reads well: a sign, what was looked at, the finding, and the remedy below it", async () => {
    const subject = healthy();
    subject.gitLab.webhooks = [];
    const { out } = await subject.on.run(["doctor"]);
    expect(out).toMatch(
      /✗ +webhook +Project 42 has no webhook[^\n]*\n +→ Run: npx runners configure --project 42/,
    );
    expect(out).toContain("1 problem to fix.");
  });
});

describe("configure", () => {
  const fresh = (): Healthy => {
    const on = new DeploymentDouble();
    const gitLab = new OperatorGitLabDouble();
    gitLab.webhooks = [];
    on.fetch = gitLab.fetch;
    on.env.GITLAB_ACCESS_TOKEN = TOKEN;
    return { on, gitLab };
  };
  const configure = ({ on }: Healthy, ...more: readonly string[]) =>
    on.run(["configure", "--url", `${GITLAB}/`, "--project", "42", ...more]);
  const webhookCalls = ({ gitLab }: Healthy) => gitLab.asked.filter(({ method }) => method !== "GET");

  it("stores address, token and a secret of its own, and makes the webhook, after showing it", async () => {
    const subject = fresh();
    const { exitCode, err, out } = await configure(subject, "--yes");
    const { parameters } = subject.on;
    const secret = parameters.get("/gitlabrunner/WebhookSecret");
    expect(exitCode).toBe(0);
    expect(parameters.get("/gitlabrunner/Url")).toEqual({ Value: GITLAB, Type: "String" });
    expect(parameters.get("/gitlabrunner/AccessToken")).toEqual({ Value: TOKEN, Type: "SecureString" });
    expect(secret).toMatchObject({ Type: "SecureString", Value: expect.stringMatching(/.{16}/) });
    expect(webhookCalls(subject)).toEqual([
      expect.objectContaining({
        method: "POST",
        url: `${GITLAB}/api/v4/projects/42/hooks`,
        body: {
          url: WEBHOOK,
          token: secret?.Value,
          job_events: true,
          push_events: false,
          enable_ssl_verification: true,
        },
      }),
    ]);
    expect(err).toContain("Make a webhook for job events on project 42");
    expect(err + out).not.toContain(TOKEN);
    expect(err + out).not.toContain(secret?.Value);
  });

  it("a second run has nothing to store, and sets the webhook anew", async () => {
    const subject = fresh();
    await configure(subject, "--yes");
    const before = new Map(subject.on.parameters);
    const again = await subject.on.run(["configure", "--url", GITLAB, "--yes"]);
    expect(again.out).toBe("All is as it should be.");
    expect(subject.on.parameters).toEqual(before);
  });

  it("fixes a webhook and switches a disabled one on again by a test", async () => {
    const subject = fresh();
    subject.gitLab.webhooks = [{ id: 5, url: WEBHOOK, alert_status: "temporarily_disabled" }];
    const { exitCode, err } = await configure(subject, "--yes");
    expect(exitCode).toBe(0);
    expect(err).toContain("and switch it on again");
    expect(webhookCalls(subject).map(({ method, url }) => `${method} ${url.slice(GITLAB.length)}`)).toEqual([
      "PUT /api/v4/projects/42/hooks/5",
      "POST /api/v4/projects/42/hooks/5/test/job_events",
    ]);
    subject.gitLab.testStatus = 422;
    expect((await configure(subject, "--yes")).exitCode).toBe(1);
  });

  it("rotates the secret so that the old one is let in meanwhile", async () => {
    const subject = fresh();
    subject.on.setParameter("WebhookSecret", "old");
    await configure(subject, "--yes", "--rotate-secret");
    expect(subject.on.parameters.get("/gitlabrunner/WebhookSecretPrevious")?.Value).toBe("old");
    expect(subject.on.parameters.get("/gitlabrunner/WebhookSecret")?.Value).not.toBe("old");
  });

  describe("with a GitLab that signs webhooks", () => {
    const signingGitLab = (): Healthy => {
      const subject = fresh();
      subject.gitLab.version = "19.4.0-ee";
      return subject;
    };
    const storedValue = ({ on }: Healthy, name: string) => on.parameters.get(`/gitlabrunner/${name}`)?.Value;
    const bodies = (subject: Healthy) =>
      webhookCalls(subject).map(({ method, body }) => ({ method, ...body }));

    it("stores a key, makes a signed webhook, and makes no static secret", async () => {
      const subject = signingGitLab();
      const { exitCode, err, out } = await configure(subject, "--yes");
      const key = storedValue(subject, "WebhookSigningKey");
      expect(exitCode).toBe(0);
      expect(Buffer.from(key?.replace(/^whsec_/, "") ?? "", "base64")).toHaveLength(32);
      expect(subject.on.parameters.get("/gitlabrunner/WebhookSigningKey")?.Type).toBe("SecureString");
      expect(storedValue(subject, "WebhookSecret")).toBeUndefined();
      expect(bodies(subject)).toEqual([
        {
          method: "POST",
          url: SIGNED_WEBHOOK,
          signing_token: key,
          job_events: true,
          push_events: false,
          enable_ssl_verification: true,
        },
      ]);
      expect(err).toContain("GitLab 19.4.0-ee signs webhooks");
      expect(err).toContain("Make a webhook for job events on project 42, signed");
      expect(err + out).not.toContain(key);
    });

    it("leads the webhook with a token to the signed address, and keeps a token that is stored beside it", async () => {
      const subject = signingGitLab();
      subject.on.setParameter("WebhookSecret", SECRET);
      subject.gitLab.webhooks = [{ id: 5, url: `${WEBHOOK}/` }];
      await configure(subject, "--yes");
      expect(bodies(subject)).toMatchObject([
        {
          method: "PUT",
          url: SIGNED_WEBHOOK,
          token: SECRET,
          signing_token: storedValue(subject, "WebhookSigningKey"),
        },
      ]);
      expect(storedValue(subject, "WebhookSecret")).toBe(SECRET);
    });

    it("takes away a token that nobody checks any more", async () => {
      const subject = signingGitLab();
      subject.gitLab.webhooks = [{ id: 5, url: SIGNED_WEBHOOK }];
      await configure(subject, "--yes");
      expect(bodies(subject)).toMatchObject([{ method: "PUT", url: SIGNED_WEBHOOK, token: "" }]);
    });

    it("keeps the key in a second run", async () => {
      const subject = signingGitLab();
      await configure(subject, "--yes");
      const key = storedValue(subject, "WebhookSigningKey");
      await configure(subject, "--yes");
      expect(storedValue(subject, "WebhookSigningKey")).toBe(key);
      expect(storedValue(subject, "WebhookSigningKeyPrevious")).toBeUndefined();
    });

    it("I-11: rotates the key so that the old one is taken meanwhile, and a stored secret with it", async () => {
      const subject = signingGitLab();
      subject.on.setParameter("WebhookSigningKey", SIGNING_KEY);
      subject.on.setParameter("WebhookSecret", SECRET);
      await configure(subject, "--yes", "--rotate-secret");
      expect(storedValue(subject, "WebhookSigningKeyPrevious")).toBe(SIGNING_KEY);
      expect(storedValue(subject, "WebhookSecretPrevious")).toBe(SECRET);
      expect(bodies(subject)).toMatchObject([
        {
          signing_token: storedValue(subject, "WebhookSigningKey"),
          token: storedValue(subject, "WebhookSecret"),
        },
      ]);
      expect(storedValue(subject, "WebhookSigningKey")).not.toBe(SIGNING_KEY);
    });

    it("replaces a stored key that is none", async () => {
      const subject = signingGitLab();
      subject.on.setParameter("WebhookSigningKey", "whsec_short");
      await configure(subject, "--yes");
      expect(storedValue(subject, "WebhookSigningKey")).toMatch(/^whsec_.{44}$/);
      expect(storedValue(subject, "WebhookSigningKeyPrevious")).toBeUndefined();
    });

    it("goes back to one token for all webhooks where GitLab passes over the signing token, and says so", async () => {
      const subject = signingGitLab();
      subject.gitLab.doesSign = false;
      const { exitCode, err } = await configure(subject, "--group", "9", "--yes");
      const secret = storedValue(subject, "WebhookSecret");
      expect(exitCode).toBe(0);
      expect(err).toContain(
        "project 42: GitLab takes no signing token, so the webhook is known by X-Gitlab-Token.",
      );
      expect(secret).toMatch(/.{16}/);
      expect(bodies(subject).filter(({ method }) => method === "PUT")).toEqual(
        Array(2).fill(expect.objectContaining({ url: WEBHOOK, token: secret })),
      );
      expect(bodies(subject).filter(({ method }) => method === "PUT")[0]).not.toHaveProperty("signing_token");
    });

    it.each([
      ["18.11.2", /does not sign webhooks/, { SignedWebhookUrl: SIGNED_WEBHOOK }],
      ["", /of unknown version does not sign/, { SignedWebhookUrl: SIGNED_WEBHOOK }],
      ["19.4.0", /deploy its newest version/, {}],
    ])(
      "with version %j and what is deployed takes the token, and says why",
      async (version, why, outputs) => {
        const subject = fresh();
        subject.gitLab.version = version;
        subject.on.setStack(INFRASTRUCTURE, {
          WebhookUrl: WEBHOOK,
          ConfigurationPath: "/gitlabrunner",
          ...outputs,
        });
        const { err } = await configure(subject, "--yes");
        expect(err).toMatch(why);
        expect(bodies(subject)).toMatchObject([
          { url: WEBHOOK, token: storedValue(subject, "WebhookSecret") },
        ]);
        expect(storedValue(subject, "WebhookSigningKey")).toBeUndefined();
      },
    );

    it("tells how to make it by hand, without showing the key", async () => {
      const subject = signingGitLab();
      const { err } = await subject.on.run(["configure", "--url", GITLAB, "--yes"]);
      expect(err).toContain(`URL ${SIGNED_WEBHOOK}`);
      expect(err).toMatch(/signing token: aws ssm .*\/gitlabrunner\/WebhookSigningKey$/m);
      expect(err).not.toContain("secret token");
      expect(err).not.toContain("whsec_");
    });
  });

  it.each<readonly [string, RegExp, (subject: Healthy) => void]>([
    ["a token that GitLab refuses", /401.*Nothing was written/, ({ gitLab }) => (gitLab.tokenStatus = 401)],
    [
      "a token without the scopes",
      /lacks the scopes manage_runner/,
      ({ gitLab }) => (gitLab.token = { scopes: ["create_runner", "read_api"] }),
    ],
    [
      "webhooks that the token may not see",
      /GITLAB_SETUP_TOKEN/,
      ({ gitLab }) => (gitLab.webhookStatus = 403),
    ],
    [
      "T-18 F-73: a GitLab that sends on elsewhere",
      /not followed/,
      ({ gitLab }) => (gitLab.tokenStatus = 307),
    ],
    ["no token", /GITLAB_ACCESS_TOKEN/, ({ on }) => delete on.env.GITLAB_ACCESS_TOKEN],
  ])("%s stops it before the first write", async (_, words, spoil) => {
    const subject = fresh();
    spoil(subject);
    const { exitCode, err } = await configure(subject, "--yes");
    expect(exitCode).not.toBe(0);
    expect(err).toMatch(words);
    expect(err).not.toContain(TOKEN);
    expect([subject.on.writes(), webhookCalls(subject)]).toEqual([[], []]);
  });

  it.each([
    "http://gitlab.example.com",
    "https://u:p@gitlab.example.com",
    "https://10.0.0.1",
    "file:///etc/passwd",
    "https://gitlab.example.com?x=1",
    "gitlab",
  ])("F-72 T-18: does not send the token to %s", async (url) => {
    const subject = fresh();
    const { exitCode } = await subject.on.run(["configure", "--url", url, "--yes"]);
    expect(exitCode).toBe(1);
    expect(subject.gitLab.asked).toEqual([]);
  });

  it("takes another token for the webhooks alone, and does not store it", async () => {
    const subject = fresh();
    subject.on.env.GITLAB_SETUP_TOKEN = "glpat-setup";
    await configure(subject, "--yes");
    expect(webhookCalls(subject)[0]?.headers["PRIVATE-TOKEN"]).toBe("glpat-setup");
    expect([...subject.on.parameters.values()].map(({ Value }) => Value)).not.toContain("glpat-setup");
  });

  it.each([
    [["--dry-run"], {}, 0],
    [[], { answers: [false] }, 1],
    [[], {}, 2],
  ] as const)("with %j does nothing without a yes", async (options, terminal, code) => {
    const subject = fresh();
    const argv = ["configure", "--url", GITLAB, "--project", "42", ...options];
    const { exitCode } = await subject.on.run(argv, terminal);
    expect(exitCode).toBe(code);
    expect([subject.on.writes(), webhookCalls(subject)]).toEqual([[], []]);
  });

  it("asks for address and token where somebody is there, without showing the token", async () => {
    const subject = fresh();
    delete subject.on.env.GITLAB_ACCESS_TOKEN;
    const { exitCode, out, err } = await subject.on.run(["configure"], { answers: [GITLAB, TOKEN, true] });
    expect(exitCode).toBe(0);
    expect(subject.on.parameters.get("/gitlabrunner/AccessToken")?.Value).toBe(TOKEN);
    expect(out + err).not.toContain(TOKEN);
    expect(err).toContain("By hand: Settings > Webhooks");
  });

  it("asks again after an address that is none, and says why", async () => {
    const subject = fresh();
    delete subject.on.env.GITLAB_ACCESS_TOKEN;
    const answers = ["gitlab.example.com", "ftp://gitlab.example.com", GITLAB, TOKEN, true];
    const { exitCode, err, console } = await subject.on.run(["configure"], { answers });
    expect(exitCode).toBe(0);
    expect(console.questions.filter((question) => question === "GitLab's address")).toHaveLength(3);
    expect(err).toContain("gitlab.example.com");
  });
});
