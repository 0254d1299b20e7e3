import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import {
  CreateImageCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  EC2Client,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { fleetRequest } from "../../AutoScaler/src/adapters/ec2/fleet-request";
import { ec2Instances } from "../../AutoScaler/src/adapters/ec2/instances";
import { ec2Provider } from "../../AutoScaler/src/adapters/ec2/provider";
import { ec2Sdk } from "../../AutoScaler/src/adapters/ec2/sdk";
import { sampleRunner } from "../../AutoScaler/src/testing/contracts/samples";
import { TransientError } from "../../Core/errors";
import { systemTable } from "../../Core/process/process-table";
import { type Ec2Event, type Ec2Simulator, startEc2 } from ".";
import type { Blueprint } from "./instance";
import { serveEc2 } from "./testing";

const SETTINGS = {
  deploymentId: "stack",
  launchTemplates: { arm64: { id: "lt-1", version: "1" }, x86_64: { id: "lt-2", version: "1" } },
  subnetIds: ["subnet-1", "subnet-2"],
  rootDeviceName: "/dev/xvda",
  roleId: "AROA",
};

const BLUEPRINT: Blueprint = {
  imageId: "resolve:ssm:/images/al2023-arm64",
  instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/runner",
  isTokenRequired: true,
  hopLimit: 1,
  terminatesOnShutdown: true,
  rootDeviceName: "/dev/xvda",
  disks: [{ deviceName: "/dev/xvda", sizeGiB: 30 }],
  tags: { Name: "runner" },
  volumeTags: {},
};

const runnerOf = (jobId = 1) => sampleRunner({ runnerId: jobId, launchedFor: { jobId, attempt: 1 } });

jest.setTimeout(60_000);

describe("the laptop's EC2", () => {
  const bystanders: ChildProcess[] = [];
  let folder: string;
  let ec2: Ec2Simulator;
  let blueprint: Blueprint;
  const events: Ec2Event[] = [];
  let server: Awaited<ReturnType<typeof serveEc2>>;

  const api = (attempts: 1 | 3 = 1) =>
    ec2Sdk(attempts, {
      region: "eu-west-1",
      endpoint: server.endpoint,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
  const provider = () => ec2Provider(api(), SETTINGS);
  const states = (id: string) =>
    events
      .filter(({ detail }) => detail["instance-id"] === id && "state" in detail)
      .map(({ detail }) => detail.state);
  const until = async (isSo: () => boolean, seconds = 15): Promise<boolean> => {
    for (const end = Date.now() + seconds * 1_000; Date.now() < end && !isSo(); ) await sleep(30);
    return isSo();
  };
  const launch = async (jobId = 1): Promise<string> => {
    const launched = await provider().launch(runnerOf(jobId));
    if (launched.kind !== "launched") throw new Error(launched.message);
    return launched.resourceId;
  };
  const stateOf = (id: string) => ec2.instances().find(({ instanceId }) => instanceId === id)?.state;

  beforeAll(async () => {
    server = await serveEc2(() => ec2);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gitlab-runners-ec2-"));
    events.length = 0;
    blueprint = BLUEPRINT;
    ec2 = startEc2({
      awsEndpoint: "http://127.0.0.1:9",
      region: "eu-west-1",
      accountId: "123456789012",
      folder,
      env: { PATH: process.env.PATH },
      onEvent: (event) => events.push(event),
      readTemplate: async () => blueprint,
      credentialsOf: async () => undefined,
    });
    ec2.control({ timing: { pendingMs: 20, hiddenMs: 0 } });
  });
  afterEach(async () => {
    for (const bystander of bystanders.splice(0)) bystander.kill();
    await ec2.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => server.close());

  it("I-18: gives one launch for a token, and refuses other parameters under it", async () => {
    const request = fleetRequest(SETTINGS, runnerOf(), "spot");
    const first = await api().createFleet(request);
    expect((await api().createFleet(request)).Instances).toEqual(first.Instances);
    expect(ec2.instances()).toHaveLength(1);
    const other = fleetRequest({ ...SETTINGS, subnetIds: ["subnet-1"] }, runnerOf(), "spot");
    await expect(api().createFleet(other)).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
  });

  it("F-34 I-19: the effect of a lost answer is adopted, not repeated", async () => {
    for (const jobId of [1, 2, 3]) {
      ec2.control({ loseAnswers: 1 });
      await expect(launch(jobId)).rejects.toThrow(TransientError);
      const adopted = (await provider().find(runnerOf(jobId))) ?? (await provider().launch(runnerOf(jobId)));
      expect(adopted).toMatchObject({ kind: "launched", resourceId: ec2.instances()[jobId - 1]?.instanceId });
    }
    expect(ec2.instances()).toHaveLength(3);
  });

  it("F-31 F-32 F-33: has capacity, quotas and a request rate that can be used up", async () => {
    ec2.control({ pools: { capacity: { spot: 1, "on-demand/c7g.large": 1 }, limits: { "on-demand": 2 } } });
    const markets: (string | undefined)[] = [];
    for (let jobId = 1; jobId <= 4; jobId += 1) {
      const result = await provider().launch(runnerOf(jobId));
      markets.push(result.kind === "launched" ? result.market : result.refusal);
    }
    expect(markets).toEqual(["spot", "on-demand", "on-demand", "limit"]);
    expect(ec2.instances().map(({ instanceType }) => instanceType)).toEqual([
      "c7g.large",
      "c7g.large",
      "m7g.large",
    ]);
    ec2.control({ pools: { rate: { burst: 1, perSecond: 0 } } });
    await launch(5);
    expect(await provider().launch(runnerOf(6))).toMatchObject({ kind: "refused", refusal: "rate" });
  });

  it("starts from the image of the override, and from the launch template's without one", async () => {
    const imageId = "ami-0123456789abcdef0";
    const { order, ...rest } = runnerOf(1);
    const runnerClass = { ...order.runnerClass, ec2: { ...order.runnerClass.ec2!, imageId } };
    await provider().launch({ ...rest, order: { ...order, runnerClass } });
    await launch(2);
    expect(ec2.instances().map((instance) => instance.imageId)).toEqual([imageId, BLUEPRINT.imageId]);
  });

  it("takes a disk under the root device's name for the root disk, and another for one more", async () => {
    await launch();
    expect(ec2.instances()[0]?.disks).toEqual([{ deviceName: "/dev/xvda", sizeGiB: 40 }]);
    const request = fleetRequest({ ...SETTINGS, rootDeviceName: "/dev/sda1" }, runnerOf(2), "spot");
    await api().createFleet(request);
    expect(ec2.instances()[1]?.disks).toHaveLength(2);
  });

  it("refuses types of another architecture than the image's", async () => {
    blueprint = { ...BLUEPRINT, imageId: "resolve:ssm:/images/al2023-x86_64" };
    expect(await provider().launch(runnerOf())).toMatchObject({ kind: "refused", refusal: "configuration" });
  });

  it("F-35: shows an instance a moment after its launch", async () => {
    ec2.control({ timing: { hiddenMs: 400 } });
    const id = await launch();
    const instances = ec2Instances(api(3), { deploymentId: "stack" });
    expect(await instances.describe(id)).toBeUndefined();
    await sleep(500);
    expect(await instances.describe(id)).toMatchObject({ instanceId: id, jobId: 1, attempt: 1 });
    expect((await instances.list()).items).toHaveLength(1);
  });

  it("F-37 F-38: tells each change of state, also of instances that are stopped or ended by hand", async () => {
    const [one, other] = [await launch(1), await launch(2)];
    await until(() => stateOf(one) === "running" && stateOf(other) === "running");
    await ec2Instances(api(3), { deploymentId: "stack" }).terminate(one);
    ec2.control({ stop: [other] });
    await until(() => stateOf(one) === "terminated" && stateOf(other) === "stopped");
    expect(states(one)).toEqual(["pending", "running", "shutting-down", "terminated"]);
    expect(states(other)).toEqual(["pending", "running", "stopping", "stopped"]);
  });

  it("F-37: warns of an interruption on the bus and in the metadata, and then takes the instance", async () => {
    blueprint = {
      ...BLUEPRINT,
      userData: `#!/bin/bash
imds=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
until curl -sf -H "X-aws-ec2-metadata-token: $(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token)" \\
  $imds/meta-data/spot/instance-action; do sleep 0.1; done
sleep 60`,
    };
    ec2.control({ timing: { interruptionMs: 2_500 } });
    const id = await launch();
    await until(() => stateOf(id) === "running");
    ec2.control({ rebalance: [id], interrupt: [id] });
    expect(events.map(({ detailType }) => detailType)).toEqual(
      expect.arrayContaining([
        "EC2 Instance Rebalance Recommendation",
        "EC2 Spot Instance Interruption Warning",
      ]),
    );
    expect(await until(() => ec2.console(id).includes('"action":"terminate"'), 5)).toBe(true);
    expect(await until(() => stateOf(id) === "terminated")).toBe(true);
  });

  it("S-10: its metadata service wants a token, and none that came through a proxy", async () => {
    blueprint = {
      ...BLUEPRINT,
      userData: `#!/bin/bash
imds=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
curl -s -o /dev/null -w 'without %{http_code}\\n' $imds/meta-data/instance-id
curl -s -o /dev/null -w 'forwarded %{http_code}\\n' -X PUT -H 'X-Forwarded-For: 1.2.3.4' -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token
echo done`,
    };
    const id = await launch();
    await until(() => ec2.console(id).includes("done"));
    expect(ec2.console(id)).toContain("without 401\nforwarded 403\n");
  });

  it("shutdown ends that instance alone, with what left its session, and no bystander of this user", async () => {
    const bystander: ChildProcess = spawn("sleep", ["60"], { stdio: "ignore" });
    bystanders.push(bystander);
    blueprint = {
      ...BLUEPRINT,
      userData: `#!/bin/bash
python3 - <<'PY'
import os, subprocess
child = subprocess.Popen(["/bin/sleep", "61"], env={}, start_new_session=True)
print("left", child.pid, flush=True)
PY
[[ -e $GLR_ROOT/../first ]] && { sleep 60; exit; }
: >"$GLR_ROOT/../first"
shutdown -h now
sleep 60`,
    };
    const first = await launch(1);
    expect(await until(() => stateOf(first) === "terminated")).toBe(true);
    const second = await launch(2);
    expect(await until(() => ec2.console(second).includes("left"))).toBe(true);
    const lives = (pid: number): boolean =>
      systemTable()
        .list()
        .some((entry) => entry.pid === pid && !entry.isZombie);
    const leftBehind = Number(/left (\d+)/.exec(ec2.console(first))?.[1]);
    expect(lives(leftBehind)).toBe(false);
    const ofTheSecond = Number(/left (\d+)/.exec(ec2.console(second))?.[1]);
    expect(lives(ofTheSecond)).toBe(true);
    expect(lives(bystander.pid ?? 0)).toBe(true);
    await ec2.close();
    expect(lives(ofTheSecond)).toBe(false);
    expect(lives(bystander.pid ?? 0)).toBe(true);
  });

  it("an instance whose template forgets to terminate on shutdown is left stopped, as on EC2", async () => {
    blueprint = {
      ...BLUEPRINT,
      terminatesOnShutdown: false,
      userData: "#!/bin/bash\nshutdown -h now\nsleep 60",
    };
    const id = await launch();
    expect(await until(() => stateOf(id) === "stopped")).toBe(true);
  });

  it("makes images of stopped instances only, and launches from them what their disks held", async () => {
    const client = new EC2Client({
      region: "eu-west-1",
      endpoint: server.endpoint,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    const run = async (ImageId: string, script: string) => {
      const UserData = gzipSync(`#!/bin/bash\n${script}\nshutdown -h now\nsleep 60`).toString("base64");
      const asked = { ImageId, InstanceType: "m7g.large" as const, UserData, MinCount: 1, MaxCount: 1 };
      const id = (await client.send(new RunInstancesCommand(asked))).Instances?.[0]?.InstanceId ?? "";
      expect(await until(() => stateOf(id) === "stopped")).toBe(true);
      return id;
    };
    const plain = "ami-0a12023a1b2c3d4e5";
    const has = "systemctl cat docker && echo docker is there || echo docker is missing";
    const builder = await run(
      plain,
      `${has}; dnf install -qy docker; mkdir -p "$GLR_ROOT/usr/local/bin"
      echo "echo 19.0.0" >"$GLR_ROOT/usr/local/bin/gitlab-runner"; ${has}`,
    );
    expect(ec2.console(builder)).toMatch(/docker is missing[\s\S]*docker is there/);
    const { ImageId = "" } = await client.send(new CreateImageCommand({ InstanceId: builder, Name: "made" }));
    expect(ec2.console(await run(ImageId, has))).toContain("docker is there");
    expect(ec2.console(await run(plain, has))).toContain("docker is missing");
    const own = await client.send(new DescribeImagesCommand({ Owners: ["self"] }));
    expect(own.Images).toMatchObject([
      { ImageId, Name: "made", Architecture: "arm64", RootDeviceName: "/dev/xvda" },
    ]);
    await client.send(new DeregisterImageCommand({ ImageId }));
    await expect(client.send(new DescribeImagesCommand({ ImageIds: [ImageId] }))).rejects.toMatchObject({
      name: "InvalidAMIID.NotFound",
    });
    await launch();
    const InstanceId = ec2.instances().at(-1)?.instanceId;
    const early = client.send(new CreateImageCommand({ InstanceId, Name: "early" }));
    await expect(early).rejects.toMatchObject({ name: "IncorrectInstanceState" });
    client.destroy();
  });

  it("says which actions it answers, and leaves the others to the engine", () => {
    expect(["CreateFleet", "DescribeInstances"].map(ec2.answers)).toEqual([true, true]);
    expect(["DescribeVpcs", "toString"].map(ec2.answers)).toEqual([false, false]);
  });

  it("gives planned errors, and is itself again after a reset", async () => {
    ec2.control({ errors: [{ code: "UnauthorizedOperation" }] });
    expect(await provider().launch(runnerOf())).toMatchObject({ kind: "refused", refusal: "configuration" });
    ec2.control({ pools: { capacity: { spot: 0 } }, reset: true });
    ec2.control({ reset: true });
    expect(await provider().launch(runnerOf())).toMatchObject({ kind: "launched", market: "spot" });
  });
});
