import { randomInt } from "node:crypto";
import { CreateLaunchTemplateCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { CreateFleetCommandInput, Ec2Api } from "../../AutoScaler/src/adapters/ec2/client";
import { ec2Instances } from "../../AutoScaler/src/adapters/ec2/instances";
import { ec2Provider } from "../../AutoScaler/src/adapters/ec2/provider";
import { ec2Sdk } from "../../AutoScaler/src/adapters/ec2/sdk";
import { providerContract } from "../../AutoScaler/src/testing/contracts/launch-contract";
import { sampleRunner } from "../../AutoScaler/src/testing/contracts/samples";
import type { SecondDouble } from "./double";

/** An image that moto brings along. */
const IMAGE = "ami-12c6146b";

type Clients = () => SecondDouble["clients"];

const settingsOf = async (client: EC2Client, deploymentId: string) => {
  const { LaunchTemplate } = await client.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: deploymentId,
      LaunchTemplateData: { ImageId: IMAGE },
    }),
  );
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const template = { id: LaunchTemplate?.LaunchTemplateId ?? "", version: "1" };
  return {
    deploymentId,
    launchTemplates: { arm64: template, x86_64: template },
    subnetIds: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []),
    rootDeviceName: "/dev/sda1",
    roleId: "AROARUNNER",
  };
};

type FleetAnswer = Awaited<ReturnType<Ec2Api["createFleet"]>>;

/**
 * What moto lacks: EC2 answers a repeated client token with the instance of the first call, and refuses one with other
 * parameters. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
const withClientTokens = (ec2: Ec2Api): Ec2Api => {
  const before = new Map<string, { readonly parameters: string; readonly answer: FleetAnswer }>();
  return {
    ...ec2,
    createFleet: async (input) => {
      const parameters = JSON.stringify(input);
      const known = before.get(input.ClientToken ?? "");
      if (known !== undefined && known.parameters !== parameters)
        throw new Error("IdempotentParameterMismatch");
      const answer = known?.answer ?? (await ec2.createFleet(input));
      before.set(input.ClientToken ?? "", { parameters, answer });
      return answer;
    },
  };
};

/** EC2 may take minutes to show an instance: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html */
const showingNone = (ec2: Ec2Api): Ec2Api => ({
  ...ec2,
  describeInstances: async () => ({ $metadata: {}, Reservations: [] }),
});

const idsOf = ({ Instances = [] }: FleetAnswer): readonly string[] =>
  Instances.flatMap(({ InstanceIds = [] }) => InstanceIds);

/** EC2 fleets and launch templates on the double. */
export const ec2OnDouble = (clients: Clients): void => {
  const prepare = async (of: (ec2: Ec2Api) => Ec2Api = withClientTokens) => {
    const sent: CreateFleetCommandInput[] = [];
    const deploymentId = `deployment-${randomInt(2 ** 40).toString(36)}`;
    const api = of(ec2Sdk(1, clients()));
    const ec2: Ec2Api = {
      ...api,
      createFleet: (input) => {
        sent.push(input);
        return api.createFleet(input);
      },
    };
    return {
      ec2,
      provider: ec2Provider(ec2, await settingsOf(new EC2Client(clients()), deploymentId)),
      instances: ec2Instances(ec2, { deploymentId }),
      requests: sent,
      sent: () => sent.map((input) => JSON.stringify(input)),
    };
  };

  describe("an EC2 that does not show its instances yet", () => {
    providerContract(() => prepare((ec2) => showingNone(withClientTokens(ec2))));
  });

  it("I-18: moto launches anew for a repeated client token, where AWS gives the same instance: AWS is right", async () => {
    const { ec2, provider, requests } = await prepare((plain) => plain);
    await provider.launch(sampleRunner({ runnerId: 9001 }));
    const [request] = requests;
    expect(request?.ClientToken).toMatch(/^glr-1-1-0-spot-/);
    const [first, second] = [await ec2.createFleet(request!), await ec2.createFleet(request!)];
    expect(idsOf(second)).not.toEqual(idsOf(first));
  });

  it("I-19 F-19: a launch whose answer was lost is found by its tag, with how it was bought", async () => {
    const { provider } = await prepare();
    const runner = sampleRunner({ runnerId: 9003, launchedFor: { jobId: 3_580_121_227, attempt: 1 } });
    expect(await provider.find(runner)).toBeUndefined();
    const launch = await provider.launch(runner);
    expect(await provider.find(runner)).toMatchObject({ ...launch });
  });

  it("F-51: an instance is listed with its job, described and terminated, once or twice", async () => {
    const { provider, instances } = await prepare();
    const launchedFor = { jobId: 3_580_121_226, attempt: 2 };
    const launch = await provider.launch(sampleRunner({ runnerId: 9002, ...launchedFor, launchedFor }));
    expect(launch).toMatchObject({ kind: "launched", market: "spot" });
    const instanceId = "resourceId" in launch ? launch.resourceId : "";
    expect((await instances.list()).items).toMatchObject([{ ...launchedFor, instanceId, state: "running" }]);
    await instances.terminate(instanceId);
    await instances.terminate(instanceId);
    expect(await instances.describe(instanceId)).toMatchObject({ state: "terminated" });
  });

  it("F-35: what EC2 does not know is no failure", async () => {
    const { instances } = await prepare();
    expect(await instances.describe("i-0123456789abcdef0")).toBeUndefined();
    await instances.terminate("i-0123456789abcdef0");
    expect((await instances.list()).items).toEqual([]);
  });
};
