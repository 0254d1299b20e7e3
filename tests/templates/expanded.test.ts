import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeWith } from "../needs";
import { asMap, ofType, parseTemplate, ROOT, readTemplate, STACKS, type Template } from "./read-template";
import { dataRules } from "./rules/data";
import { machineRules } from "./rules/machines";
import { permissionRules } from "./rules/permissions";
import { webhookApiRules } from "./rules/webhook-api";

/** The Python environment that `npm start` and `npm test` create; it has SAM's translator. */
const PYTHON = join(ROOT, ".local/venv/bin/python");

/** The template for CloudFormation. SAM's translator would ask AWS only for managed policies, and there are none. */
const SCRIPT = `
import json, sys
from unittest.mock import Mock
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

def expand(text):
    template = yaml_parse(text)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            isImage = properties.get("PackageType") == "Image"
            properties["ImageUri" if isImage else "CodeUri"] = "r:t" if isImage else "s3://b/k"
        if resource["Type"] == "AWS::Serverless::StateMachine":
            properties["DefinitionUri"] = "s3://b/k"
    values = {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}
    return Translator({}, Parser(), boto_session=Mock(region_name="eu-west-1")).translate(template, values)

print(json.dumps([expand(text) for text in json.load(sys.stdin)], default=str))
`;

/** All templates in one Python process: its start takes longer than the work. */
const expandAll = (): readonly Template[] => {
  const texts = STACKS.map((stack) => readFileSync(join(ROOT, stack, "template.yaml"), "utf8"));
  const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", SCRIPT], {
    input: JSON.stringify(texts),
    encoding: "utf8",
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: process.env.PATH, AWS_DEFAULT_REGION: "eu-west-1", SAM_CLI_TELEMETRY: "0" },
  });
  if (status !== 0) throw new Error(`SAM's translator failed: ${stderr}`);
  const expanded = JSON.parse(stdout) as unknown[];
  // JSON is YAML.
  return STACKS.map((stack, index) => parseTemplate(JSON.stringify(expanded[index]), stack));
};

const isSetUp = existsSync(PYTHON);
const templates = isSetUp ? expandAll() : STACKS.map(readTemplate);

describeWith(isSetUp, "no .local/venv with SAM's translator").each(STACKS)(
  "%s, as SAM expands it",
  (stack) => {
    const expanded = templates[STACKS.indexOf(stack)] ?? readTemplate(stack);

    it("S-4: has the roles that the template declares and no others", () => {
      const roles = (template: Template) => ofType(template, "AWS::IAM::Role").map(({ id }) => id);
      expect(roles(expanded).sort()).toEqual([...roles(readTemplate(stack))].sort());
      const functions = ofType(expanded, "AWS::Lambda::Function");
      expect(functions.length).toBe(ofType(readTemplate(stack), "AWS::Serverless::Function").length);
      for (const { properties } of functions) {
        expect(asMap(properties.Role)["Fn::GetAtt"]).toEqual([expect.stringMatching(/Role$/), "Arn"]);
      }
    });

    it("T-1: has no route and no permission that SAM added", () => {
      for (const type of ["AWS::ApiGatewayV2::Route", "AWS::Lambda::Permission", "AWS::Lambda::Url"]) {
        expect(ofType(expanded, type)).toHaveLength(ofType(readTemplate(stack), type).length);
      }
    });

    it.each([...permissionRules, ...webhookApiRules, ...dataRules, ...machineRules])(
      "$id: $says",
      ({ check }) => {
        expect(check(expanded)).toEqual([]);
      },
    );

    it("I-30: limits the retries of the functions that are invoked asynchronously, and of no others", () => {
      const bounded = ofType(expanded, "AWS::Lambda::EventInvokeConfig").map(
        ({ properties }) => asMap(properties.FunctionName).Ref,
      );
      const expected = {
        Infrastructure: ["AuthorizeWebhookFunction", "ReportRunnerEndFunction"],
        LambdaShellRunner: ["RunnerFunction"],
        MicroVmRunner: ["RebuildImagesFunction"],
        AutoScaler: [
          "KeepPricesFunction",
          "ReconcilerFunction",
          "RecordPickUpFunction",
          "RollUpUsageFunction",
        ],
      };
      expect([...bounded].sort()).toEqual(expected[stack]);
    });
  },
);
