import * as ec2 from "@aws-sdk/client-ec2";
import { arn, REGION } from "../testing/fake-deployed";
import {
  type NeedsCase,
  needsReader,
  PROFILE,
  type Send,
  TEMPLATE,
  unlistedKeys,
} from "../testing/needs-reader";
import type { Need } from "./need";

jest.setTimeout(60_000);

let reader: Awaited<ReturnType<typeof needsReader>>;
beforeAll(async () => {
  reader = await needsReader();
});
afterAll(() => reader.recorder.close());

const ofStack = { "aws:RequestTag/glr:stack": "a", "aws:TagKeys": ["glr:stack"] };

const CASES: readonly NeedsCase[] = [
  [
    "TerminateInstances: each of them",
    (calls) => calls.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: ["i-1", "i-2"] })),
    ["i-1", "i-2"].map((id) => ({
      action: "ec2:TerminateInstances",
      resource: arn("ec2", `instance/${id}`),
    })),
  ],
  [
    "GetConsoleOutput: of one instance",
    (calls) => calls.ec2.send(new ec2.GetConsoleOutputCommand({ InstanceId: "i-1", Latest: true })),
    [{ action: "ec2:GetConsoleOutput", resource: arn("ec2", "instance/i-1") }],
  ],
  [
    "CreateImage: the instance, the image, the copies of its disks, and their tags",
    (calls) =>
      calls.ec2.send(
        new ec2.CreateImageCommand({
          InstanceId: "i-1",
          Name: "new",
          TagSpecifications: [{ ResourceType: "image", Tags: [{ Key: "glr:stack", Value: "a" }] }],
        }),
      ),
    [
      { action: "ec2:CreateImage", resource: arn("ec2", "instance/i-1"), context: {} },
      { action: "ec2:CreateImage", resource: `arn:aws:ec2:${REGION}::image/*`, context: ofStack },
      { action: "ec2:CreateImage", resource: `arn:aws:ec2:${REGION}::snapshot/*`, context: {} },
      {
        action: "ec2:CreateTags",
        resource: `arn:aws:ec2:${REGION}::image/*`,
        context: { ...ofStack, "ec2:CreateAction": "CreateImage" },
      },
    ],
  ],
  [
    "DeregisterImage, with the copies of its disks",
    (calls) =>
      calls.ec2.send(new ec2.DeregisterImageCommand({ ImageId: "ami-1", DeleteAssociatedSnapshots: true })),
    [
      { action: "ec2:DeregisterImage", resource: `arn:aws:ec2:${REGION}::image/ami-1` },
      { action: "ec2:DeleteSnapshot", resource: `arn:aws:ec2:${REGION}::snapshot/*` },
    ],
  ],
  [
    "CreateTags, which has no creating action",
    (calls) =>
      calls.ec2.send(
        new ec2.CreateTagsCommand({ Resources: ["i-1"], Tags: [{ Key: "glr:stack", Value: "a" }] }),
      ),
    [
      {
        action: "ec2:CreateTags",
        resource: arn("ec2", "instance/i-1"),
        context: { "aws:RequestTag/glr:stack": "a", "aws:TagKeys": ["glr:stack"] },
      },
    ],
  ],
];

it.each(CASES)("%s needs its rights, and carries no key that AWS does not list", async (_, send, needs) => {
  expect(await reader.needsOf(send)).toEqual(needs);
  for (const need of needs) expect(await unlistedKeys(need)).toEqual([]);
});

const tags = [{ Key: "glr:stack", Value: "runners-a" }];
const fleet: Send = (calls) =>
  calls.ec2.send(
    new ec2.CreateFleetCommand({
      Type: "instant",
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateId: "lt-1", Version: "1" },
          Overrides: ["subnet-1", "subnet-2"].map((SubnetId) => ({ InstanceType: "m7g.large", SubnetId })),
        },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "spot" },
      TagSpecifications: [{ ResourceType: "instance", Tags: tags }],
    }),
  );

describe("a launch", () => {
  it("of a fleet are those of all that it launches", async () => {
    const needs = await reader.needsOf(fleet);
    const short = ({ action, resource }: Need): string =>
      `${action} ${resource.split(":").slice(5).join(":")}`;
    expect(needs.map(short).sort()).toEqual(
      [
        "ec2:CreateFleet fleet/*",
        "ec2:CreateFleet image/*",
        "ec2:CreateFleet instance/*",
        "ec2:CreateFleet launch-template/lt-1",
        "ec2:CreateFleet subnet/subnet-1",
        "ec2:CreateFleet subnet/subnet-2",
        "ec2:CreateFleet volume/*",
        "ec2:CreateTags instance/*",
        "ec2:CreateTags network-interface/*",
        "ec2:RunInstances image/*",
        "ec2:RunInstances instance/*",
        "ec2:RunInstances launch-template/lt-1",
        "ec2:RunInstances network-interface/*",
        "ec2:RunInstances security-group/sg-1",
        "ec2:RunInstances spot-instances-request/*",
        "ec2:RunInstances subnet/subnet-1",
        "ec2:RunInstances subnet/subnet-2",
        "ec2:RunInstances volume/*",
        "iam:PassRole role/runner",
        "ssm:GetParameters parameter/aws/service/al2023",
      ].sort(),
    );
    const instance = needs.find(
      ({ action, resource }) => action === "ec2:RunInstances" && /instance\/\*$/.test(resource),
    );
    expect(instance?.context).toEqual({
      "aws:RequestTag/glr:stack": "runners-a",
      "aws:TagKeys": ["glr:stack"],
      "ec2:InstanceMarketType": "spot",
      "ec2:InstanceProfile": PROFILE,
      "ec2:InstanceType": "m7g.large",
      "ec2:MetadataHttpPutResponseHopLimit": "1",
      "ec2:MetadataHttpTokens": "required",
    });
  });

  it("of RunInstances go by what it says itself", async () => {
    const needs = await reader.needsOf((calls) =>
      calls.ec2.send(
        new ec2.RunInstancesCommand({
          LaunchTemplate: { LaunchTemplateId: "lt-1" },
          MinCount: 1,
          MaxCount: 1,
          InstanceType: "p5.48xlarge",
          MetadataOptions: { HttpTokens: "optional" },
        }),
      ),
    );
    const instance = needs.find(({ resource }) => resource.endsWith("instance/*"));
    expect(instance?.context).toMatchObject({
      "ec2:InstanceType": "p5.48xlarge",
      "ec2:LaunchTemplate": TEMPLATE,
      "ec2:MetadataHttpTokens": "optional",
    });
  });

  it("carries no key that AWS does not list", async () => {
    for (const need of await reader.needsOf(fleet)) expect(await unlistedKeys(need)).toEqual([]);
  });
});
