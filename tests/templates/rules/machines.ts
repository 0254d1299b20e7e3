import { asList, asMap, ofType, type Properties, type Template, type Value } from "../read-template";
import { resolve } from "../resolve";
import type { TemplateRule } from "./rule";

const data = (template: Template): readonly { readonly id: string; readonly launch: Properties }[] =>
  ofType(template, "AWS::EC2::LaunchTemplate").map(({ id, properties }) => ({
    id,
    launch: asMap(properties.LaunchTemplateData),
  }));

const all = (value: Value | undefined, holds: (item: Properties) => boolean): boolean =>
  asList(value).length > 0 && asList(value).map(asMap).every(holds);

const isInfrastructures = (address: Value | undefined): boolean =>
  asList(asMap(address)["Fn::GetAtt"]).join(".") === "AssignPublicIpParameter.Value";

const launchFaults = (launch: Properties): readonly string[] => {
  const metadata = asMap(launch.MetadataOptions);
  const wanted: readonly (readonly [boolean, string])[] = [
    [metadata.HttpTokens === "required", "answers IMDSv1"],
    [metadata.HttpPutResponseHopLimit === 1, "lets containers reach the metadata service"],
    [
      launch.InstanceInitiatedShutdownBehavior === "terminate",
      "is stopped, not terminated, when it powers off",
    ],
    [launch.KeyName === undefined, "takes a key pair"],
    [launch.IamInstanceProfile !== undefined, "has no profile"],
    [
      all(launch.BlockDeviceMappings, ({ Ebs }) => {
        const disk = asMap(Ebs);
        return disk.Encrypted === true && disk.VolumeType === "gp3" && disk.DeleteOnTermination === true;
      }),
      "has a disk that is not encrypted gp3 or that stays",
    ],
    [
      all(
        launch.NetworkInterfaces,
        (one) => isInfrastructures(one.AssociatePublicIpAddress) && one.Groups !== undefined,
      ),
      "has an address or a group that Infrastructure did not choose",
    ],
  ];
  return wanted.flatMap(([holds, fault]) => (holds ? [] : fault));
};

const GOOD = `MetadataOptions: { HttpTokens: required, HttpPutResponseHopLimit: 1 }
InstanceInitiatedShutdownBehavior: terminate
IamInstanceProfile: { Arn: x }
BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeType: gp3, DeleteOnTermination: true } }]
NetworkInterfaces: [{ AssociatePublicIpAddress: !GetAtt AssignPublicIpParameter.Value, Groups: [g] }]`;

/** A template whose launch data is good except for one replacement. */
const launchTemplate = (from: string, to: string): string => {
  if (!GOOD.includes(from)) throw new Error(`The example has no ${from}`);
  const lines = GOOD.replace(from, to)
    .split("\n")
    .map((line) => `        ${line}`);
  return `Resources:\n  L:\n    Type: AWS::EC2::LaunchTemplate\n    Properties:\n      LaunchTemplateData:\n${lines.join("\n")}`;
};

const launches: TemplateRule = {
  id: "S-10 T-8 I-23",
  says: "launches instances with IMDSv2 at one hop, an encrypted disk, no key pair, and termination at shutdown",
  check: (template) =>
    data(template).flatMap(({ id, launch }) => launchFaults(launch).map((fault) => `${id} ${fault}`)),
  bad: [
    launchTemplate("HttpTokens: required", "HttpTokens: optional"),
    launchTemplate("HttpPutResponseHopLimit: 1", "HttpPutResponseHopLimit: 2"),
    launchTemplate("terminate", "stop"),
    launchTemplate("IamInstanceProfile: { Arn: x }", "KeyName: k"),
    launchTemplate("Encrypted: true", "Encrypted: false"),
    launchTemplate("VolumeType: gp3", "VolumeType: gp2"),
    launchTemplate("!GetAtt AssignPublicIpParameter.Value", "true"),
  ],
};

/** EC2's limit on user data before its encoding. */
const USER_DATA_BYTES = 16_384;
const SECRET = /glrt-|glptt-|glpat-|GR1348941|AKIA[0-9A-Z]{16}|PRIVATE-TOKEN/;

const userData: TemplateRule = {
  id: "I-13 I-17 T-13",
  says: "gives instances user data within EC2's limit and without a secret",
  check: (template) =>
    data(template).flatMap(({ id, launch }) => {
      const text = String(resolve(template, launch.UserData) ?? "");
      return [
        ...(text.startsWith("#!") ? [] : [`${id} has no script`]),
        ...(Buffer.byteLength(text) <= USER_DATA_BYTES ? [] : [`${id} has too long a script`]),
        ...(SECRET.test(text) ? [`${id} carries a token`] : []),
      ];
    }),
  bad: [
    "Resources: { L: { Type: AWS::EC2::LaunchTemplate, Properties: { LaunchTemplateData: { UserData: !Base64 'echo' } } } }",
    "Resources: { L: { Type: AWS::EC2::LaunchTemplate, Properties: { LaunchTemplateData: { UserData: !Base64 '#!/bin/bash glrt-x' } } } }",
    `Resources: { L: { Type: AWS::EC2::LaunchTemplate, Properties: { LaunchTemplateData: { UserData: !Base64 '#!${"x".repeat(USER_DATA_BYTES)}' } } } }`,
  ],
};

const groups: TemplateRule = {
  id: "S-11 T-29",
  says: "allows no inbound traffic, and outbound traffic only by described rules",
  check: (template) =>
    ofType(template, "AWS::EC2::SecurityGroup").flatMap(({ id, properties }) => {
      const egress = asList(
        resolve(template, properties.SecurityGroupEgress, { AdditionalEgressPort: "8443" }),
      );
      const isListed = all(
        [...egress],
        ({ IpProtocol, FromPort, ToPort, Description }) =>
          IpProtocol === "tcp" && String(FromPort) === String(ToPort) && Description !== undefined,
      );
      return [
        ...(asList(properties.SecurityGroupIngress).length === 0 ? [] : [`${id} lets something in`]),
        ...(isListed ? [] : [`${id} lets out what nobody listed`]),
      ];
    }),
  bad: [
    "SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 22, ToPort: 22 }], SecurityGroupEgress: [{ IpProtocol: tcp, FromPort: 443, ToPort: 443, Description: x }]",
    "SecurityGroupIngress: []",
    'SecurityGroupEgress: [{ IpProtocol: "-1", Description: x }]',
    "SecurityGroupEgress: [{ IpProtocol: tcp, FromPort: 443, ToPort: 443 }]",
  ].map((properties) => `Resources: { G: { Type: AWS::EC2::SecurityGroup, Properties: { ${properties} } } }`),
};

const subnets: TemplateRule = {
  id: "S-10 T-29",
  says: "has no subnet that assigns public addresses",
  check: (template) =>
    ofType(template, "AWS::EC2::Subnet")
      .filter(({ properties }) => properties.MapPublicIpOnLaunch !== false)
      .map(({ id }) => `${id} gives out addresses`),
  bad: ["Resources: { S: { Type: AWS::EC2::Subnet, Properties: { MapPublicIpOnLaunch: true } } }"],
};

const peering: TemplateRule = {
  id: "S-11",
  says: "declares rules only within their security groups",
  check: (template) =>
    ["AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"].flatMap((type) =>
      ofType(template, type).map(({ id }) => `${id} opens a group elsewhere`),
    ),
  bad: ["Resources: { I: { Type: AWS::EC2::SecurityGroupIngress, Properties: {} } }"],
};

export const machineRules = [launches, userData, groups, subnets, peering];
