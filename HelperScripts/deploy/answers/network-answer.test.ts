import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import fc from "fast-check";
import { UsageError } from "../../context";
import { answersText, readAnswers } from "./answers";
import { networkParameters } from "./network-answer";

const SCHEMA = JSON.parse(readFileSync(join(__dirname, "../../deploy-answers.schema.json"), "utf8"));
const fits = new Ajv({ strict: false }).compile(SCHEMA);

const VPC = "vpc-0123456789abcdef0";
const [ONE, TWO] = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"];
const NETWORK = { vpcId: VPC, subnetIds: [ONE, TWO], subnetType: "private", functionsInVpc: true };

const refusal = (document: unknown): string => {
  try {
    readAnswers(JSON.stringify(document));
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
};

describe("a network of one's own, answered", () => {
  it.each([
    [{ vpcId: "my-vpc" }, 'network.vpcId is "my-vpc": give the id of a VPC'],
    [{ subnetIds: [] }, "network.subnetIds is []: give a list of one to three"],
    [{ subnetIds: [1, 2, 3, 4].map((n) => `subnet-0123456789abcde0${n}`) }, "give a list of one to three"],
    [{ subnetIds: ["eu-west-1a"] }, 'network.subnetIds is "eu-west-1a": each is the id of a subnet'],
    [{ subnetIds: ONE }, "give a list of one to three"],
    [{ subnetType: undefined }, "network.subnetType is undefined: give public where"],
    [{ functionsInVpc: "yes" }, 'network.functionsInVpc is "yes": give true or false'],
    [{ subnetType: "public" }, "a function gets no public address: give private subnets"],
    [{ subnets: [ONE] }, 'network has no field "subnets". Known: vpcId, subnetIds, subnetType'],
  ])("with %j is refused with its field and remedy", (changes, expected) => {
    expect(refusal({ network: { ...NETWORK, ...changes } })).toContain(expected);
  });

  it.each(["vpc-0123456789abcdef0", [], null, true])("is no %j", (network) => {
    expect(refusal({ network })).toMatch(/^network is .*: give \{ "vpcId", "subnetIds"/);
  });

  it("makes no NAT gateway, and has functions outside unless asked for", () => {
    const { answers } = readAnswers(
      JSON.stringify({ network: { vpcId: VPC, subnetIds: [ONE], subnetType: "private" } }),
    );
    expect(networkParameters(answers.network)).toEqual({
      infrastructure: { VpcId: VPC, SubnetIds: ONE, Subnets: "private-one-nat-gateway" },
      autoScaler: { FunctionsInVpc: "no" },
    });
  });

  it("is kept, with GitLab's certificate authority, so that a kept one can be given again", () => {
    const answers = readAnswers(JSON.stringify({ caCertificate: "ca.pem", network: NETWORK })).answers;
    const kept = answersText({ name: "ci", ...answers });
    expect(readAnswers(kept).answers).toEqual({ name: "ci", ...answers });
  });
});

/** Now and then something else. */
const mostly = <Value>(good: fc.Arbitrary<Value>) =>
  fc.oneof(
    { weight: 12, arbitrary: good },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 0, "", "x", [], {}, true, [""]) },
  );
const network = fc.record(
  {
    vpcId: mostly(fc.constantFrom(VPC, "vpc-01234567")),
    subnetIds: mostly(fc.array(fc.constantFrom(ONE, TWO, "subnet-01234567"), { minLength: 1, maxLength: 3 })),
    subnetType: mostly(fc.constantFrom("public", "private")),
    functionsInVpc: mostly(fc.boolean()),
    extra: fc.constant(1),
  },
  { requiredKeys: ["vpcId", "subnetIds", "subnetType"] },
);
const answersOfAll = fc.record(
  {
    $schema: fc.constant("deploy-answers.schema.json"),
    name: mostly(fc.constantFrom("ci", "gitlab-runners", "aws-runners", "Ci")),
    region: mostly(fc.constantFrom("eu-west-1", "us-gov-west-1", "Ireland")),
    profile: mostly(fc.constantFrom("work", "a b")),
    projects: mostly(fc.array(fc.constantFrom<unknown>(42, "42", "group/app", "group/*", 0, "app"))),
    accessToken: mostly(fc.constantFrom("glpat-0123456789", "a b")),
    runbookUrl: mostly(fc.constantFrom("docs/runbook.md", "https://wiki.example.com/runbook.md", "wiki")),
    caCertificate: mostly(fc.constantFrom("none", "ca.pem")),
    network: mostly(fc.oneof(fc.constant("none"), network)),
    other: fc.constant(1),
  },
  { requiredKeys: [] },
);

it("the schema for editors takes what the program takes, of answers that both check whole", () => {
  fc.assert(
    fc.property(answersOfAll, (document) => {
      expect([fits(document), document]).toEqual([refusal(document) === "", document]);
    }),
    { numRuns: 2_000 },
  );
});
