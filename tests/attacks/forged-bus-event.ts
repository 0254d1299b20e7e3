import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { ACCOUNT_ID } from "../../local/engine/ministack";
import { clientSettings } from "../../local/laptop/client-settings";
import { gitlabApi, type TestLaptop, until, untilAllGone } from "../end-to-end/engine";

/**
 * The attacker holds some role of the account that may put events on every bus, as many deployment tools' roles do. The
 * aim: jobs that run are lost, since their runners are said to be dead.
 */

const PROJECT = 41;
const ROLE = "deployment-tool";

const document = (statement: object): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });

const createRole = async (env: TestLaptop["laptop"]["env"]): Promise<void> => {
  const iam = new IAMClient(clientSettings(env));
  const trust = { Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: document(trust) }));
  const PolicyDocument = document({ Action: "events:PutEvents", Resource: "*" });
  await iam.send(new PutRolePolicyCommand({ RoleName: ROLE, PolicyName: "events", PolicyDocument }));
  iam.destroy();
};

const deleteRole = async (env: TestLaptop["laptop"]["env"]): Promise<void> => {
  const iam = new IAMClient(clientSettings(env));
  await iam.send(new DeleteRolePolicyCommand({ RoleName: ROLE, PolicyName: "events" }));
  await iam.send(new DeleteRoleCommand({ RoleName: ROLE }));
  iam.destroy();
};

export const forgedBusEvent = (get: () => TestLaptop): void => {
  let events: EventBridgeClient;

  beforeAll(async () => {
    const { aws, env } = get().laptop;
    await createRole(env);
    const roleArn = `arn:aws:iam::${ACCOUNT_ID}:role/${ROLE}`;
    const caller = { kind: "role", roleArn, sessionName: "attacker" } as const;
    events = new EventBridgeClient(clientSettings(await aws.sessionEnv("lambda.amazonaws.com", caller)));
  });
  afterAll(async () => {
    events?.destroy();
    await deleteRole(get().laptop.env);
  });

  const put = (Source: string, DetailType: string, detail: object, EventBusName?: string) =>
    events.send(
      new PutEventsCommand({
        Entries: [
          {
            Source,
            DetailType,
            Detail: JSON.stringify(detail),
            EventBusName: EventBusName ?? get().laptop.stacks.Infrastructure.outputs.EventBusName,
          },
        ],
      }),
    );

  it.each(["gitlab.reconciler", "gitlab.webhook", "gitlab.runners"])(
    "speaks as %s to no avail",
    async (source) => {
      const detail = { resourceId: "i-0123456789abcdef0", reason: "instance-terminated" };
      await expect(put(source, "RunnerEnded", detail)).rejects.toMatchObject({
        name: "AccessDeniedException",
        message: expect.stringContaining("explicit deny in a resource-based policy"),
      });
    },
  );

  it("ends no runner that is busy, under a source that it may use", async () => {
    const { laptop } = get();
    const gitlab = gitlabApi(laptop);
    const [job] = await gitlab.pipeline(PROJECT, [
      { name: "image build", tags: ["docker"], script: ["sleep 8", "echo lived on"] },
    ]);
    const jobId = job?.id ?? 0;
    const isBusy = async () => (await gitlab.job(PROJECT, jobId)).status === "running";
    await until("the job runs", 60_000, isBusy);
    const resourceId = (await laptop.status()).jobs.find((one) => one.jobId === jobId)?.resourceId;
    const runnerId = (await gitlab.job(PROJECT, jobId)).runner?.id;
    expect([resourceId, runnerId]).not.toContain(undefined);
    for (const reason of ["instance-terminated", "instance-stopped", "lifetime-reached"]) {
      await put("gitlab.redrive", "RunnerEnded", { resourceId, reason });
      await put("gitlab.redrive", "RunnerEnded", { runnerId, resourceId, reason });
    }
    const build = { object_kind: "build", build_id: jobId, build_status: "success", project_id: PROJECT };
    await put("gitlab.redrive", "GitLabJobEvent", { ...build, runner: { id: runnerId } });
    const [ended] = await untilAllGone(laptop, PROJECT, [jobId], 90_000);
    expect(ended).toMatchObject({ status: "success" });
    expect(await gitlab.trace(PROJECT, jobId)).toContain("lived on");
  }, 180_000);
};
