import * as ec2 from "@aws-sdk/client-ec2";
import { fleetRequest } from "../../AutoScaler/src/adapters/ec2/fleet-request";
import { fullRunner } from "../../AutoScaler/src/testing/contracts/samples";
import { ACCOUNT as GATEWAY_ACCOUNT } from "../../local/gateway/testing/fake-deployed";
import { needsReader } from "../../local/gateway/testing/needs-reader";
import { allows, type IamRequest, roleStatements } from "./iam";
import { asList, asMap, at, ofType, readTemplate } from "./read-template";
import { ACCOUNT } from "./resolve";

/**
 * The launch that the provider sends, and all that EC2 asks its caller for: as the laptop's gateway reads it from the call
 * and the launch template. A right too few is no launch at all.
 */
jest.setTimeout(60_000);

let reader: Awaited<ReturnType<typeof needsReader>>;
beforeAll(async () => {
  reader = await needsReader();
});
afterAll(() => reader.recorder.close());

const DEPLOYMENT = "runners-a";
const statements = roleStatements(readTemplate("AutoScaler"), "StartEc2RunnerRole", {
  ImageIdArm64: "resolve:ssm:/aws/service/al2023",
});

/** The reader has an account, a launch template and a role of its own. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(GATEWAY_ACCOUNT, "g"), ACCOUNT],
  [/launch-template\/lt-1/g, "launch-template/runnerlaunchtemplatearm64"],
  [/instance-profile\/runner(?=")/g, "instance-profile/runnerinstanceprofile"],
  [/role\/runner(?=")/g, "role/runnerinstancerole"],
];
/** What is there already, and carries our tag. */
const TAGGED = /:(?:launch-template|subnet|security-group)\//;

const asked = (need: IamRequest): IamRequest => {
  const named = NAMES.reduce((text, [old, name]) => text.replace(old, name), JSON.stringify(need));
  const { context, ...call }: IamRequest = JSON.parse(named);
  const tag = TAGGED.test(call.resource) ? { "aws:ResourceTag/glr:stack": DEPLOYMENT } : {};
  return { ...call, context: { ...context, ...tag } };
};

const needsOf = async (boughtAs: "spot" | "on-demand", instanceType: string) => {
  const template = { id: "lt-1", version: "1" };
  const settings = {
    deploymentId: DEPLOYMENT,
    launchTemplates: { arm64: template, x86_64: template },
    subnetIds: ["subnet-1", "subnet-2"],
    rootDeviceName: "/dev/xvda",
  };
  const request = fleetRequest(settings, fullRunner(1), boughtAs);
  for (const each of request.LaunchTemplateConfigs?.[0]?.Overrides ?? [])
    each.InstanceType = instanceType as never;
  const needs = await reader.needsOf((calls) => calls.ec2.send(new ec2.CreateFleetCommand(request)));
  return needs.map(asked);
};

const refused = (needs: readonly IamRequest[]): readonly string[] =>
  needs.filter((need) => !allows(statements, need)).map(({ action, resource }) => `${action} ${resource}`);

it.each(["spot", "on-demand"] as const)(
  "the launch of a runner as %s is allowed in all that it asks",
  async (boughtAs) => {
    const needs = await needsOf(boughtAs, "m7g.large");
    expect(new Set(needs.map(({ action }) => action))).toEqual(
      new Set(["ec2:CreateFleet", "ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", "ssm:GetParameters"]),
    );
    expect(refused(needs)).toEqual([]);
  },
);

/** `instance glr:stack` for each tag of a specification. */
const tagsIn = (specifications: readonly unknown[]): readonly string[] =>
  specifications.flatMap((each) => {
    const { ResourceType, Tags } = asMap(each as never);
    return asList(Tags).map((tag) => `${ResourceType} ${asMap(tag).Key}`);
  });

it.each(ofType(readTemplate("AutoScaler"), "AWS::EC2::LaunchTemplate"))(
  "T-26: no tag is in both the request and the template $id: AWS documents no order between the two",
  ({ properties }) => {
    const template = { id: "lt-1", version: "1" };
    const settings = {
      deploymentId: DEPLOYMENT,
      launchTemplates: { arm64: template, x86_64: template },
      subnetIds: ["subnet-1"],
      rootDeviceName: "/dev/xvda",
    };
    const asks = tagsIn(fleetRequest(settings, fullRunner(1), "spot").TagSpecifications ?? []);
    const says = tagsIn(asList(at(properties, "LaunchTemplateData", "TagSpecifications")));
    expect(says.filter((tag) => asks.includes(tag))).toEqual([]);
    // All three kinds of resource carry the deployment.
    expect([...asks, ...says].filter((tag) => tag.endsWith("glr:stack")).sort()).toEqual([
      "instance glr:stack",
      "network-interface glr:stack",
      "volume glr:stack",
    ]);
  },
);

it("T-19: a launch of a type that the stack does not allow is refused, as a fleet and as an instance", async () => {
  expect(refused(await needsOf("spot", "p5.48xlarge")).map((one) => one.replace(/arn.*:/, ""))).toEqual(
    expect.arrayContaining(["ec2:CreateFleet instance/*", "ec2:RunInstances instance/*"]),
  );
});
