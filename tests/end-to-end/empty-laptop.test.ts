import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  waitUntilStackDeleteComplete,
} from "@aws-sdk/client-cloudformation";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { uploadSampleMapping } from "../../local/command/sample-mapping";
import { type Builds, buildStack, STACKS } from "../../local/engine/build";
import { startSam } from "../../local/engine/sam";
import { clientSettings } from "../../local/laptop/client-settings";
import { writeConfiguration } from "../../local/laptop/configuration";
import { deployStacks, type Stacks } from "../../local/laptop/deploy-stacks";
import { makeMicroVmCode, uploadMicroVmCode } from "../../local/laptop/microvm-code";
import { openRunFolder, ROOT, type RunFolder } from "../../local/laptop/run-folder";
import { gitlabApi, START_MS, until } from "./engine";
import { launchedInstances } from "./launched-instances";
import { endAllStarts, expectNothingLeft, folderOf, type Ready, ready, type Start, start } from "./starts";

const SECRET = "secret-of-the-webhook";

let run: RunFolder;
let laptop: Start;
let line: Ready;

beforeAll(async () => {
  run = openRunFolder();
  laptop = start(["--headless", "--empty"]);
  line = await ready(laptop);
}, START_MS);

afterAll(async () => {
  endAllStarts();
  await run.close();
}, 30_000);

/** What a user has: a clone, the SAM CLI, and the variables of the ready line. */
const deploy = async (): Promise<Stacks> => {
  const folders = await Promise.all(STACKS.map((stack) => buildStack(ROOT, stack, run)));
  const builds = Object.fromEntries(STACKS.map((stack, index) => [stack, folders[index]])) as Builds;
  const sam = startSam(run, line.env);
  try {
    const settings = { root: ROOT, sam, builds, operator: clientSettings(line.env) };
    const code = makeMicroVmCode(ROOT, run);
    return await deployStacks(settings, {}, (bucket) => uploadMicroVmCode(line.env, bucket, code));
  } finally {
    sam.close();
  }
};

const statusOfWebhook = async (url: string): Promise<number> =>
  (await fetch(url, { method: "POST", body: "{}" })).status;

const launched = (): Promise<number> => launchedInstances(line.env);

it(
  "has nothing deployed or stored, until somebody deploys to it with its variables: then jobs run on Lambda and EC2",
  async () => {
    expect(Object.keys(line).sort()).toEqual(["accessToken", "endpoint", "env", "gitlab", "imageUri"]);
    const cloudFormation = new CloudFormationClient(clientSettings(line.env));
    const ssm = new SSMClient(clientSettings(line.env));
    expect((await cloudFormation.send(new DescribeStacksCommand({}))).Stacks).toEqual([]);
    const everything = new GetParametersByPathCommand({ Path: "/", Recursive: true });
    expect((await ssm.send(everything)).Parameters).toEqual([]);
    ssm.destroy();

    const stacks = await deploy();
    const { gitlab: url, accessToken = "" } = line;
    await writeConfiguration(line.env, { url, accessToken, webhookSecret: SECRET });
    await uploadSampleMapping({ env: line.env, run, stacks });
    const webhook = stacks.Infrastructure.outputs.WebhookUrl ?? "";
    const gitlab = gitlabApi({ gitlabUrl: url, standIn: { accessToken } });
    const parameters = { url: webhook, token: SECRET, job_events: true, push_events: false };
    expect((await gitlab.call("POST", "/api/v4/groups/team/hooks", parameters)).status).toBe(201);
    const project = (
      (await (await gitlab.call("GET", "/api/v4/projects/team%2Fapp")).json()) as { id: number }
    ).id;

    const jobs = await gitlab.pipeline(project, [
      { name: "unit tests", tags: ["lambda"], script: ["echo one"] },
      { name: "image build", tags: ["docker"], script: ["echo two"] },
    ]);
    const statuses = async () =>
      Promise.all(jobs.map(async ({ id }) => (await gitlab.job(project, id)).status));
    await until("both jobs ended", 90_000, async () =>
      (await statuses()).every((status) => ["success", "failed"].includes(status)),
    );
    expect(await statuses()).toEqual(["success", "success"]);
    expect(await launched()).toBe(1);

    const StackName = stacks.Infrastructure.name;
    expect(await statusOfWebhook(webhook)).toBe(401);
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    const client = { client: cloudFormation, maxWaitTime: 60, minDelay: 0.5, maxDelay: 0.5 };
    await waitUntilStackDeleteComplete(client, { StackName });
    // What is deployed is read about once a second.
    await until("the webhook is gone", 10_000, async () => (await statusOfWebhook(webhook)) === 503);
    cloudFormation.destroy();

    const folder = folderOf(laptop);
    laptop.child.kill("SIGTERM");
    expect(await laptop.exitCode()).toBe(0);
    await expectNothingLeft(laptop, folder);
  },
  START_MS,
);
