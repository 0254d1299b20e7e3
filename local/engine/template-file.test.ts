// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes them so
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTemplate } from "./template-file";

const folder = mkdtempSync(join(tmpdir(), "template-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (text: string): unknown => {
  const path = join(folder, "template.yaml");
  writeFileSync(path, text);
  return readTemplate(path);
};

describe("readTemplate", () => {
  it.each([
    ["!Ref Table", { Ref: "Table" }],
    ["!Condition IsPrivate", { Condition: "IsPrivate" }],
    ["!GetAtt Table.Arn", { "Fn::GetAtt": ["Table", "Arn"] }],
    ["!GetAtt Role.Nested.Arn", { "Fn::GetAtt": ["Role", "Nested.Arn"] }],
    ["!Sub ${A}-b", { "Fn::Sub": "${A}-b" }],
    ["!If [Has, !Ref A, !Ref AWS::NoValue]", { "Fn::If": ["Has", { Ref: "A" }, { Ref: "AWS::NoValue" }] }],
    ["!Select [0, !GetAZs '']", { "Fn::Select": [0, { "Fn::GetAZs": "" }] }],
    ["{ Fn::Base64: !Sub x }", { "Fn::Base64": { "Fn::Sub": "x" } }],
    ["'2012-10-17'", "2012-10-17"],
    ["!!str 5", "5"],
  ])("writes %s out", (short, long) => {
    expect(read(`value: ${short}`)).toEqual({ value: long });
  });

  it("follows an alias", () => {
    expect(read("a: &data\n  Fn::Base64: !Sub x\nb: *data")).toEqual({
      a: { "Fn::Base64": { "Fn::Sub": "x" } },
      b: { "Fn::Base64": { "Fn::Sub": "x" } },
    });
  });

  it("names a file that is not YAML", () => {
    expect(() => read("a: [")).toThrow(/template\.yaml: /);
  });
});
