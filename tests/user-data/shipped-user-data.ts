import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, type ScalarTag } from "yaml";

const TEMPLATE = join(__dirname, "../../AutoScaler/template.yaml");

/** CloudFormation's short forms, kept as plain values: only `!Sub` matters in user data. */
const SHORT_FORMS = [
  "Ref",
  "Sub",
  "GetAtt",
  "Join",
  "If",
  "Equals",
  "Not",
  "And",
  "Or",
  "Select",
  "Split",
  "Base64",
];

const customTags = SHORT_FORMS.flatMap((name) => [
  { tag: `!${name}`, resolve: (text: string) => text } satisfies ScalarTag,
  { tag: `!${name}`, collection: "seq" as const },
  { tag: `!${name}`, collection: "map" as const },
]);

interface LaunchTemplate {
  readonly Properties: { readonly LaunchTemplateData: { readonly UserData: unknown } };
}

/** A launch template's user data as CloudFormation joins it, before `${…}` is filled in. */
export const userDataOf = (logicalId: string, template = readFileSync(TEMPLATE, "utf8")): string => {
  const resources = parse(template, { customTags, logLevel: "error" }).Resources as Record<
    string,
    LaunchTemplate
  >;
  const userData = resources[logicalId]?.Properties.LaunchTemplateData.UserData;
  const parts = (userData as { "Fn::Base64": { "Fn::Join": [string, string[]] } })["Fn::Base64"]["Fn::Join"];
  return parts[1].join(parts[0]);
};

/** The names that CloudFormation fills in stand in the first part only, each as a whole. */
export const render = (userData: string, values: Readonly<Record<string, string>>): string =>
  userData.replace(
    /\$\{(AWS::\w+|BootstrapTableName|RunnerInstanceRole\.RoleId|Ec2MaximumLifetimeSeconds)\}/g,
    (_, name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`No value for ${name}`);
      return value;
    },
  );

export const ROLE_ID = "AROAEXAMPLERUNNERROLE";
export const TABLE = "bootstrap";

/** The shipped user data as the machine gets it. */
export const shippedUserData = (maximumLifetimeSeconds = 3_600): string =>
  render(userDataOf("RunnerLaunchTemplateArm64"), {
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
    BootstrapTableName: TABLE,
    "RunnerInstanceRole.RoleId": ROLE_ID,
    Ec2MaximumLifetimeSeconds: String(maximumLifetimeSeconds),
  });
