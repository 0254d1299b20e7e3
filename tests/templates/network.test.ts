import { asList, asMap, ofType, type Resource, readTemplate, resource, type Value } from "./read-template";
import { type Given, resolve } from "./resolve";

const template = readTemplate("Infrastructure");

const COMBINATIONS = ["1", "2", "3"].flatMap((AvailabilityZoneCount) =>
  ["public", "private-one-nat-gateway", "private-nat-gateway-per-zone"].map((Subnets) => ({
    AvailabilityZoneCount,
    Subnets,
  })),
);

/** The messages with which the template refuses parameters; empty when it accepts them. */
const refusals = (given: Given): readonly string[] =>
  Object.values(template.rules)
    .filter(({ RuleCondition }) => resolve(template, RuleCondition, given))
    .flatMap(({ Assertions }) => asList(Assertions).map(asMap))
    .filter(({ Assert }) => !resolve(template, Assert, given))
    .map(({ AssertDescription }) => String(AssertDescription));

const exists = ({ attributes }: Resource, given: Given): boolean =>
  attributes.Condition === undefined ||
  resolve(template, template.conditions[String(attributes.Condition)], given) === true;

const deployed = (given: Given): readonly Resource[] =>
  template.resources.filter((one) => exists(one, given));

/** Ids to which a value refers, given its conditions. */
const references = (value: Value | undefined, given: Given): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => references(item, given));
  const entries = Object.entries(asMap(value));
  return entries.flatMap(([key, inner]) => {
    if (key === "Ref") return [String(inner)];
    if (key === "Fn::GetAtt") return [String(asList(inner)[0])];
    if (key !== "Fn::If") return references(inner, given);
    const [condition, yes, no] = asList(inner);
    const holds = resolve(template, template.conditions[String(condition)], given);
    return references(holds ? yes : no, given);
  });
};

/** The three subnets that are published; where there are fewer, one stands again. */
const subnetIds = (given: Given): readonly string[] =>
  ["1", "2", "3"].map((number) =>
    String(resolve(template, resource(template, `SubnetId${number}Parameter`).properties.Value, given)),
  );

/** All of them in one parameter, each once. */
const everySubnet = (given: Given): string =>
  String(resolve(template, resource(template, "SubnetIdsParameter").properties.Value, given));

const count = (given: Given, type: string): number =>
  deployed(given).filter((one) => one.type === type).length;

const OWN = { VpcId: "vpc-0123456789abcdef0", SubnetIds: "subnet-0a,subnet-0b" };

it.each([
  [{ Subnets: "private-nat-gateway-per-zone", AvailabilityZoneCount: "1" }, "one NAT gateway at most"],
  [{ VpcId: OWN.VpcId }, "Set SubnetIds"],
  [{ SubnetIds: OWN.SubnetIds }, "Set VpcId"],
])("refuses %j, with a message", (given, words) => {
  expect(refusals(given).join(" ")).toContain(words);
});

const ACCEPTED = COMBINATIONS.filter((given) => refusals(given).length === 0);

it("accepts eight of the nine combinations", () => {
  expect(ACCEPTED).toHaveLength(8);
});

describe.each(ACCEPTED)("$AvailabilityZoneCount zones, $Subnets", (given) => {
  const isPublic = given.Subnets === "public";
  it("refers only to resources that it creates", () => {
    const made = new Set(deployed(given).map(({ id }) => id));
    const known = new Set(template.resources.map(({ id }) => id));
    const missing = deployed(given).flatMap(({ id, properties }) =>
      references(properties, given)
        .filter((other) => known.has(other) && !made.has(other))
        .map((other) => `${id} → ${other}`),
    );
    expect(missing).toEqual([]);
  });

  it("publishes a subnet of the chosen type for each zone, and whether runners need a public address", () => {
    const count = Number(given.AvailabilityZoneCount);
    const subnets = [1, 2, 3].map((number) => `subnet${number <= count ? number : 1}`);
    expect(subnetIds(given)).toEqual(subnets.map((subnet) => `${isPublic ? "public" : "private"}${subnet}`));
    expect(everySubnet(given)).toBe([...new Set(subnetIds(given))].join(","));
    const { Value: assign } = resource(template, "AssignPublicIpParameter").properties;
    expect(resolve(template, assign, given)).toBe(String(isPublic));
  });

  it("creates the chosen number of NAT gateways", () => {
    const perZone =
      given.Subnets === "private-nat-gateway-per-zone" ? Number(given.AvailabilityZoneCount) : 1;
    const wanted = isPublic ? 0 : perZone;
    expect(count(given, "AWS::EC2::NatGateway")).toBe(wanted);
  });

  it("gives every subnet a route to the internet and the gateway endpoints", () => {
    const associated = deployed(given)
      .filter(({ type }) => type === "AWS::EC2::SubnetRouteTableAssociation")
      .map(({ properties }) => String(resolve(template, properties.SubnetId, given)));
    const subnets = deployed(given)
      .filter(({ type }) => type === "AWS::EC2::Subnet")
      .map(({ id }) => id.toLowerCase());
    expect([...associated].sort()).toEqual([...subnets].sort());
    const tables = deployed(given).filter(({ type }) => type === "AWS::EC2::RouteTable");
    const routes = deployed(given).filter(({ type }) => type === "AWS::EC2::Route");
    expect(routes).toHaveLength(tables.length);
    for (const { properties } of ofType(template, "AWS::EC2::VPCEndpoint")) {
      expect(asList(resolve(template, properties.RouteTableIds, given))).toHaveLength(tables.length);
    }
  });
});

describe("a network of one's own", () => {
  it.each([
    ["subnet-0a", ["subnet-0a", "subnet-0a", "subnet-0a"]],
    ["subnet-0a,subnet-0b", ["subnet-0a", "subnet-0b", "subnet-0a"]],
    ["subnet-0a,subnet-0b,subnet-0c", ["subnet-0a", "subnet-0b", "subnet-0c"]],
  ])("has its subnets %s published, none of them empty", (SubnetIds, published) => {
    expect(everySubnet({ ...OWN, SubnetIds })).toBe(SubnetIds);
    // Whatever the parameters say of ours.
    for (const given of COMBINATIONS) expect(subnetIds({ ...given, ...OWN, SubnetIds })).toEqual(published);
  });

  it.each(COMBINATIONS)("makes of a network nothing but the runners' group (%j)", (combination) => {
    const given = { ...combination, ...OWN };
    const made = deployed(given).filter(({ type }) => type.startsWith("AWS::EC2::"));
    expect(made.map(({ id }) => id)).toEqual(["RunnerSecurityGroup"]);
    expect(resolve(template, made[0]?.properties.VpcId, given)).toBe(OWN.VpcId);
    expect(resolve(template, template.outputs.VpcId?.Value, given)).toBe(OWN.VpcId);
    const { Value: assign } = resource(template, "AssignPublicIpParameter").properties;
    expect(resolve(template, assign, given)).toBe(String(combination.Subnets === "public"));
  });
});

it.each([
  ["1", "3"],
  ["3", "2"],
])("changes from %s zones to %s without touching the subnets that stay", (before, after) => {
  const at = (AvailabilityZoneCount: string) =>
    new Map(
      deployed({ AvailabilityZoneCount })
        .filter(({ type }) => type === "AWS::EC2::Subnet")
        .map(({ id, properties }) => [id, resolve(template, properties, { AvailabilityZoneCount })]),
    );
  const [then, now] = [at(before), at(after)];
  const staying = [...then.keys()].filter((id) => now.has(id));
  expect(staying).toHaveLength(Math.min(Number(before), Number(after)));
  for (const id of staying) expect(now.get(id)).toEqual(then.get(id));
  expect(now.size).toBe(Number(after));
});

it("gives no two subnets the same addresses", () => {
  const ranges = ofType(template, "AWS::EC2::Subnet").map(({ properties }) =>
    resolve(template, properties.CidrBlock),
  );
  expect(new Set(ranges).size).toBe(6);
});

it("S-11: opens one more outbound port only on request", () => {
  const egress = (port: string) =>
    asList(
      resolve(template, resource(template, "RunnerSecurityGroup").properties.SecurityGroupEgress, {
        AdditionalEgressPort: port,
      }),
    ).map((rule) => String(asMap(rule).FromPort));
  expect(egress("0")).toEqual(["443", "80"]);
  expect(egress("8443")).toEqual(["443", "80", "8443"]);
});
