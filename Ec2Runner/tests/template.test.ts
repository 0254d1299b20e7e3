// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation and the shell write them so
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EC2_INSTALL_SECONDS } from "../../AutoScaler/src/timing";
import { fillIn, withUserData } from "../../scripts/user-data/template-block";
import { asMap, at, ofType, ROOT, readTemplate } from "../../tests/templates/read-template";
import { resolve } from "../../tests/templates/resolve";
import { USER_DATA } from "./rendered-user-data";

const TEMPLATE = readFileSync(join(ROOT, "AutoScaler/template.yaml"), "utf8");
const DOCKERFILE = readFileSync(join(ROOT, "LambdaShellRunner/Dockerfile"), "utf8");
const autoScaler = readTemplate("AutoScaler");
const launchTemplates = ofType(autoScaler, "AWS::EC2::LaunchTemplate").map(({ id, properties }) => ({
  id,
  userData: asMap(at(properties, "LaunchTemplateData", "UserData")),
}));

const isCurrent = (template: string, script: string): boolean => withUserData(template, script) === template;

/** EC2's limit, before the text is encoded. */
const MAX_USER_DATA_BYTES = 16_384;
/**
 * The most characters that each value may have. A group's name is CloudFormation's: a stack's (128), the logical id and 12 more.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
const LONGEST: Readonly<Record<string, number>> = {
  "AWS::Region": 32,
  "AWS::URLSuffix": 32,
  "BootstrapTableNameParameter.Value": 255,
  Ec2MaximumLifetimeSeconds: 6,
  RunnerInstanceLogGroup: 128 + "-RunnerInstanceLogGroup-".length + 12,
  "RunnerInstanceRole.RoleId": 32,
};

describe("AutoScaler's template", () => {
  it("holds user-data.sh as it is (npm run user-data writes it)", () => {
    expect(withUserData(TEMPLATE, USER_DATA)).toBe(TEMPLATE);
  });

  it("S-27: would be seen to differ from a changed file, and when it is changed by hand", () => {
    expect(isCurrent(TEMPLATE, `${USER_DATA}say more\n`)).toBe(false);
    expect(isCurrent(TEMPLATE.replace('say "done"', 'say "over"'), USER_DATA)).toBe(false);
    expect(isCurrent(TEMPLATE.replace("GLR_REGION='${AWS::Region}'", "GLR_REGION=''"), USER_DATA)).toBe(
      false,
    );
  });

  it("gives the same text to both launch templates, with every name filled in", () => {
    const expected = fillIn(USER_DATA, (name) => String(resolve(autoScaler, { "Fn::Sub": `\${${name}}` })));
    expect(launchTemplates).toHaveLength(2);
    for (const { userData } of launchTemplates)
      expect(resolve(autoScaler, userData["Fn::Base64"])).toBe(expected);
    expect(expected).not.toMatch(/@[A-Z]/);
  });
});

describe("user-data.sh", () => {
  it("I-17: keeps EC2's limit of 16 KB whatever is filled in", () => {
    expect(
      Buffer.byteLength(fillIn(USER_DATA, (name) => "x".repeat(LONGEST[name] ?? MAX_USER_DATA_BYTES))),
    ).toBeLessThanOrEqual(MAX_USER_DATA_BYTES);
  });

  it("names few values, each in a line of its own at its beginning", () => {
    const names = new Set<string>();
    fillIn(USER_DATA, (name) => {
      names.add(name);
      return "";
    });
    expect([...names].sort()).toEqual([
      "AWS::Region",
      "AWS::URLSuffix",
      "BootstrapTableNameParameter.Value",
      "Ec2MaximumLifetimeSeconds",
      "RunnerInstanceLogGroup",
      "RunnerInstanceRole.RoleId",
    ]);
  });

  it("T-24: holds the version, the key and the checksums that the Lambda runner's image has", () => {
    for (const name of ["VERSION", "KEY", "SHA256_AMD64", "SHA256_ARM64"].map(
      (end) => `GITLAB_RUNNER_${end}`,
    )) {
      const [pin = ""] = new RegExp(`^ARG ${name}=(.*)$`, "m").exec(DOCKERFILE) ?? [];
      expect(USER_DATA).toContain(`\n${pin.replace("ARG ", "").replace("=", "='")}'\n`);
    }
  });

  it("S-24: holds whole what it sources, without comments", () => {
    expect(USER_DATA).not.toMatch(/^ *\. [\w./-]+\.sh$/m);
    for (const command of ["gpg --batch", "sha256sum", "dnf install", "apt-get -qy install"])
      expect(USER_DATA).toContain(command);
    expect(USER_DATA.split("\n").filter((line) => /^\s*#/.test(line))).toHaveLength(2);
  });

  it("gives an installation as long as the reconciler does", () => {
    expect(USER_DATA).toContain(`\${GLR_INSTALL_SECONDS:-${EC2_INSTALL_SECONDS}}`);
  });
});

describe("what writes it into the template", () => {
  it("refuses a template without its markers", () => {
    expect(() => withUserData("Resources: {}\n", USER_DATA)).toThrow("lacks the lines");
  });

  it("refuses a shell expansion among the names, which CloudFormation would take for its own", () => {
    const script = "#!/bin/bash\nroot=${GLR_ROOT:-}\nregion='@AWS::Region@'\n";
    expect(() => withUserData(TEMPLATE, script)).toThrow("Write no ${");
  });
});
