import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { itWith } from "../needs";
import { ROOT, readTemplate } from "./read-template";

const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const { regions } = parse(text(".cfnlintrc.yaml")) as { readonly regions: readonly string[] };

it("S-1: docs/limitations.md names the regions that the templates are checked for", () => {
  const row = /^\| Regions \|.*$/m.exec(text("docs/limitations.md"))?.[0] ?? "";
  expect(row.match(/`[a-z]{2}-[a-z]+-\d`/g)?.map((name) => name.slice(1, -1))).toEqual(regions);
});

/** What cfn-lint knows of each region, in the Python environment that `npm test` creates. */
const LIB = join(ROOT, ".local/venv/lib");
const FILE = "site-packages/cfnlint/data/schemas/extensions/aws_ec2_instance/instancetype_enum.json";
const path = (existsSync(LIB) ? readdirSync(LIB) : []).map((name) => join(LIB, name, FILE)).find(existsSync);
itWith(path !== undefined, "no .local/venv with cfn-lint").each(["InstanceTypesArm64", "InstanceTypesX86"])(
  "S-1: every region that is named has all instance types of %s",
  (parameter) => {
    const known = JSON.parse(readFileSync(path ?? "", "utf8")) as Record<string, { enum: readonly string[] }>;
    const types = String(readTemplate("AutoScaler").parameters[parameter]?.Default).split(",");
    const missing = regions.flatMap((region) =>
      types.filter((type) => !known[region]?.enum.includes(type)).map((type) => `${type} in ${region}`),
    );
    expect(types.length).toBeGreaterThan(2);
    expect(missing).toEqual([]);
  },
);
