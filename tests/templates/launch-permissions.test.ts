import { arn, type Case, check } from "./calls";
import { allows, type IamRequest, roleStatements } from "./iam";
import { readTemplate } from "./read-template";
import { ACCOUNT, REGION } from "./resolve";

const autoScaler = readTemplate("AutoScaler");

describe("starting EC2 runners", () => {
  const GOOD = {
    "aws:RequestTag/glr:stack": "runners-a",
    "aws:RequestTag/glr:job": "1-1",
    "aws:RequestTag/glr:expires": "2026-01-01T00:00:00Z",
    "ec2:MetadataHttpTokens": "required",
    "ec2:MetadataHttpPutResponseHopLimit": "1",
    "ec2:InstanceProfile": `arn:aws:iam::${ACCOUNT}:instance-profile/runnerinstanceprofile`,
    "ec2:InstanceType": "m7g.large",
  };
  const ADMIN = `arn:aws:iam::${ACCOUNT}:instance-profile/admin`;
  const instance = (changes: Record<string, string | readonly string[]>, without = ""): IamRequest => ({
    action: "ec2:RunInstances",
    resource: arn("ec2", "instance/*"),
    context: Object.fromEntries(Object.entries({ ...GOOD, ...changes }).filter(([key]) => key !== without)),
  });
  const fleet = (name: string, context: IamRequest["context"] = {}): IamRequest => ({
    action: "ec2:CreateFleet",
    resource: arn("ec2", name),
    context,
  });
  /** Of an instance's keys a fleet has the tags, the type and the profile. */
  const fleetOf = (changes: Record<string, string>, without = ""): IamRequest =>
    fleet(
      "instance/*",
      Object.fromEntries(
        Object.entries({ ...GOOD, ...changes }).filter(([key]) => key !== without && !/Metadata/.test(key)),
      ),
    );
  const run = (name: string, context: IamRequest["context"] = {}, account: string = ACCOUNT): IamRequest => ({
    action: "ec2:RunInstances",
    resource: arn("ec2", name, account),
    context,
  });
  const ours = { "aws:ResourceTag/glr:stack": "runners-a" };
  const others = { "aws:ResourceTag/glr:stack": "runners-b" };
  const TAGGED = { "aws:RequestTag/glr:stack": "runners-a" };
  const TAGGED_BY_OTHERS = { "aws:RequestTag/glr:stack": "runners-b" };
  const tagging = (action: string | undefined, stack = "runners-a"): IamRequest => ({
    action: "ec2:CreateTags",
    resource: arn("ec2", "instance/i-1"),
    context: { "aws:RequestTag/glr:stack": stack, ...(action ? { "ec2:CreateAction": action } : {}) },
  });
  const pass = (role: string, service: string): IamRequest => ({
    action: "iam:PassRole",
    resource: `arn:aws:iam::${ACCOUNT}:role/${role}`,
    context: { "iam:PassedToService": service },
  });
  const imageParameter = (action: string): IamRequest => ({
    action,
    resource: `arn:aws:ssm:${REGION}::parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64`,
  });
  it.each<Case>([
    ["launches an instance as the template has it", "allowed", instance({})],
    [
      "launches one of the other processor architecture",
      "allowed",
      instance({ "ec2:InstanceType": "c6i.large" }),
    ],
    ["T-8: not with IMDSv1", "denied", instance({ "ec2:MetadataHttpTokens": "optional" })],
    ["T-8: not with two hops", "denied", instance({ "ec2:MetadataHttpPutResponseHopLimit": "2" })],
    ["T-23: not with another profile", "denied", instance({ "ec2:InstanceProfile": ADMIN })],
    [
      "T-19: not of a type that the stack does not allow",
      "denied",
      instance({ "ec2:InstanceType": "p5.48xlarge" }),
    ],
    [
      "T-26: not with another deployment's tag",
      "denied",
      instance({ "aws:RequestTag/glr:stack": "runners-b" }),
    ],
    ["I-19: not without the job's tag", "denied", instance({}, "aws:RequestTag/glr:job")],
    ["I-23: not without the expiry tag", "denied", instance({}, "aws:RequestTag/glr:expires")],
    ["from our launch template", "allowed", run("launch-template/lt-1", ours)],
    ["T-23: not from another", "denied", run("launch-template/lt-1", others)],
    ["into our subnet", "allowed", run("subnet/subnet-1")],
    [
      "into the other, which another account may share",
      "allowed",
      run("subnet/subnet-2", {}, "999988887777"),
    ],
    ["T-23: not into another", "denied", run("subnet/subnet-9")],
    ["T-26: not into one that only carries our tag", "denied", run("subnet/subnet-9", ours)],
    ["with our security group", "allowed", run("security-group/sg-1", ours)],
    ["T-23: not with another", "denied", run("security-group/sg-1", others)],
    ["T-23: not with a key pair", "denied", run("key-pair/k", ours)],
    ["from a public image, which carries no tag of ours", "allowed", run("image/ami-1", {}, "")],
    ["with a disk that it tags as ours", "allowed", run("volume/*", TAGGED)],
    ["with a network interface that it tags as ours", "allowed", run("network-interface/*", TAGGED)],
    ["T-23: not with a disk without our tag", "denied", run("volume/*")],
    ["T-26: not with a disk of another deployment", "denied", run("volume/*", TAGGED_BY_OTHERS)],
    ["T-23: not with a network interface without our tag", "denied", run("network-interface/*")],
    ["as spot", "allowed", run("spot-instances-request/*")],
    ["I-19: tags what a fleet launches", "allowed", tagging("CreateFleet")],
    ["I-19: tags what a launch makes", "allowed", tagging("RunInstances")],
    ["T-16: cannot tag an instance that runs already", "denied", tagging(undefined)],
    ["T-26: cannot tag as another deployment", "denied", tagging("RunInstances", "runners-b")],
    ["passes the runner's role to EC2", "allowed", pass("runnerinstancerole", "ec2.amazonaws.com")],
    ["T-23: not to Lambda", "denied", pass("runnerinstancerole", "lambda.amazonaws.com")],
    ["T-23: passes no other role", "denied", pass("admin", "ec2.amazonaws.com")],
    ["asks for a fleet", "allowed", fleet("fleet/*")],
    ["of our template", "allowed", fleet("launch-template/runnerlaunchtemplatex86", ours)],
    ["in our subnet", "allowed", fleet("subnet/subnet-1")],
    ["T-23: of none in another subnet", "denied", fleet("subnet/subnet-9")],
    ["T-26: of none in another deployment's", "denied", fleet("subnet/subnet-9", others)],
    ["of an instance as it is launched then", "allowed", fleetOf({})],
    ["of one whose profile is in the template alone", "allowed", fleetOf({}, "ec2:InstanceProfile")],
    [
      "T-19: of no type that the stack does not allow",
      "denied",
      fleetOf({ "ec2:InstanceType": "p5.48xlarge" }),
    ],
    ["T-23: of none with another profile", "denied", fleetOf({ "ec2:InstanceProfile": ADMIN })],
    ["T-26: of none with another deployment's tag", "denied", fleetOf(TAGGED_BY_OTHERS)],
    ["T-26: of none without a tag", "denied", fleetOf({}, "aws:RequestTag/glr:stack")],
    ["I-19: of none without the job's tag", "denied", fleetOf({}, "aws:RequestTag/glr:job")],
    ["I-23: of none without the expiry tag", "denied", fleetOf({}, "aws:RequestTag/glr:expires")],
    ["with a disk that is tagged as ours", "allowed", fleet("volume/*", TAGGED)],
    ["T-23: with no other disk", "denied", fleet("volume/*")],
    [
      "asks for fleets of our templates alone",
      "denied",
      { action: "ec2:CreateFleet", resource: arn("ec2", "launch-template/lt-other") },
    ],
    ["reads the image's parameter", "allowed", imageParameter("ssm:GetParameters")],
    ["reads it by its name alone", "allowed", imageParameter("ssm:GetParameter")],
    [
      "I-19: cannot terminate what it launched",
      "denied",
      { action: "ec2:TerminateInstances", resource: arn("ec2", "instance/i-1"), context: ours },
    ],
  ])("%s", check(roleStatements(autoScaler, "StartEc2RunnerRole")));

  it.each([
    ["resolve:ssm:/team/ami-arm64", "/team/ami-arm64"],
    ["resolve:ssm:/team/ami-arm64:7", "/team/ami-arm64"],
  ])("reads the parameter of %s", (image, name) => {
    const statements = roleStatements(autoScaler, "StartEc2RunnerRole", { ImageIdArm64: image });
    // Which of the two a fleet's launch needs is not documented: reports name either.
    for (const action of ["ssm:GetParameters", "ssm:GetParameter"])
      expect(allows(statements, { action, resource: arn("ssm", `parameter${name}`) })).toBe(true);
  });
});
