import { STACK_TAG } from "../../Core/configuration";
import { microVmImageParameter, parseMicroVmImage } from "../../Core/microvm/image";
import { MICROVM_MEMORY_MIB } from "../../Core/model/runner-class";
import { MICROVM_REGIONS } from "../../HelperScripts/deploy/answers/microvm-answer";
import { HOOKS_PATH } from "../../MicroVmRunner/src/hooks/hook-server";
import { asList, asMap, at, ofType, readTemplate, resource, type Value } from "./read-template";
import { resolve } from "./resolve";

const template = readTemplate("MicroVmRunner");

const ARN = "arn:aws:lambda:eu-west-1:111122223333:microvm-image:gitlab-runners-1";
/** A text with what Lambda gives an image that it has built. */
const built = (size: number, value: Value): string =>
  String(value).replace(`image${size}.ImageArn`, ARN).replace(`image${size}.LatestActiveImageVersion`, "1.0");

const sizesMade = (SizesMiB: string): readonly number[] =>
  MICROVM_MEMORY_MIB.filter(
    (size) => resolve(template, template.conditions[`Has${size}`], { SizesMiB }) === true,
  );

describe("the images of MicroVMs", () => {
  const images = ofType(template, "AWS::Lambda::MicrovmImage");

  it("are one for each size that a class can have, each made on its own request", () => {
    expect(images.map(({ properties }) => at(properties, "Resources", 0, "MinimumMemoryInMiB"))).toEqual([
      ...MICROVM_MEMORY_MIB,
    ]);
    expect(images.map(({ attributes }) => attributes.Condition)).toEqual(
      MICROVM_MEMORY_MIB.map((size) => `Has${size}`),
    );
    expect(sizesMade("2048")).toEqual([2048]);
    expect(sizesMade("8192,512")).toEqual([512, 8192]);
    expect(sizesMade(MICROVM_MEMORY_MIB.join(","))).toEqual([...MICROVM_MEMORY_MIB]);
  });

  it("refuse sizes that there are none of", () => {
    const { SizesMiB } = template.parameters;
    const pattern = new RegExp(String(SizesMiB?.AllowedPattern));
    expect(["2048", "512,8192"].filter((text) => !pattern.test(text))).toEqual([]);
    expect(["", "1536", "2048, 512", "2048,", "20480"].filter((text) => pattern.test(text))).toEqual([]);
  });

  it.each(images)(
    "T-27 T-28: $id has what Lambda calls, Docker's rights, no way in and nothing that could suspend it",
    (image) => {
      const properties = asMap(resolve(template, image.properties));
      expect(properties.Hooks).toEqual({
        Port: 9000,
        MicrovmHooks: { Run: "ENABLED", RunTimeoutInSeconds: 30 },
        MicrovmImageHooks: {
          Ready: "ENABLED",
          ReadyTimeoutInSeconds: 600,
          Validate: "ENABLED",
          ValidateTimeoutInSeconds: 300,
        },
      });
      expect(HOOKS_PATH).toBe("/aws/lambda-microvms/runtime/v1");
      expect(properties.AdditionalOsCapabilities).toEqual(["ALL"]);
      expect(properties.CpuConfigurations).toEqual([{ Architecture: "ARM_64" }]);
      expect(properties.EnvironmentVariables).toEqual([]);
      expect(JSON.stringify(properties)).not.toMatch(/Idle|INGRESS/);
      expect(asList(properties.Tags).map((tag) => at(tag, "Key"))).toEqual([STACK_TAG]);
      expect(String(properties.Name)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    },
  );

  it.each([...MICROVM_MEMORY_MIB])("are published as AutoScaler reads them: %i MiB", (size) => {
    const { properties, attributes } = resource(template, `Image${size}Parameter`);
    expect(attributes.Condition).toBe(`Has${size}`);
    expect(resolve(template, properties.Name)).toBe(`/gitlabrunner/${microVmImageParameter(size)}`);
    const published = (RunnerLog: string) =>
      parseMicroVmImage(built(size, resolve(template, properties.Value, { RunnerLog })));
    expect(published("off")).toEqual({ imageArn: ARN, imageVersion: "1.0" });
    expect(published("on")).toEqual({
      imageArn: ARN,
      imageVersion: "1.0",
      executionRoleArn: expect.stringMatching(/^arn:aws:iam::\d+:role\//),
      logGroup: expect.stringMatching(/./),
    });
  });
});

it("S-1: MicroVmRunner refuses a region that has no MicroVMs, and a deployment without code, before it makes anything", () => {
  const assertion = (name: string) => asMap(at(template.rules[name], "Assertions", 0));
  const [regions, region] = asList(asMap(assertion("Region").Assert)["Fn::Contains"]);
  expect([...asList(regions)].sort()).toEqual([...MICROVM_REGIONS].sort());
  expect(region).toEqual({ Ref: "AWS::Region" });
  expect(assertion("Region").AssertDescription).toMatch(/no Lambda MicroVMs in this region/);
  const code = (CodeKey: string) => resolve(template, assertion("Code").Assert, { CodeKey });
  expect([code(""), code(`microvm-code/${"a".repeat(32)}.zip`)]).toEqual([false, true]);
});

it("T-27: a MicroVM's role may write its log and nothing else, whatever somebody adds to it", () => {
  const { properties } = resource(template, "RunnerRole");
  const allowed = asMap(resolve(template, at(properties, "Policies", 0, "PolicyDocument", "Statement", 0)));
  expect(allowed.Action).toEqual(["logs:CreateLogStream", "logs:PutLogEvents"]);
  expect(allowed.Resource).toBe("arn:aws:logs:eu-west-1:111122223333:log-group:runnerloggroup:*");
  expect(asList(at(properties, "Policies", 0, "PolicyDocument", "Statement"))).toHaveLength(1);
  const boundary = resource(template, "RunnerBoundary").properties;
  expect(boundary.PolicyDocument).toEqual(at(properties, "Policies", 0, "PolicyDocument"));
});
