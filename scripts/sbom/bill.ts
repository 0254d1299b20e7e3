import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Component, imageComponents, pythonComponents } from "./components";

const ROOT = resolve(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** A CycloneDX bill of materials, as far as it is used here. */
export interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly Pick<Component, "bom-ref" | "name" | "version" | "purl">[];
}

/** npm's own bill, of the lock file. https://docs.npmjs.com/cli/commands/npm-sbom */
const npmBill = (): Bill => {
  const options = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
  return JSON.parse(execFileSync("npm", options, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 }));
};

const distinct = (components: readonly Component[]): readonly Component[] => [
  ...new Map(components.map((one) => [one["bom-ref"], one])).values(),
];

/** All that the application is made of, and the tools that make and try it: npm's packages, the image's parts, Python's packages. */
export const billOfMaterials = (): Bill => {
  const bill = npmBill();
  const { name } = JSON.parse(read("package.json"));
  const others = [
    ...imageComponents(read("LambdaShellRunner/Dockerfile")),
    ...["local/setup", "tests/independent-clients"].flatMap((folder) =>
      pythonComponents(read(`${folder}/requirements.txt`)),
    ),
  ];
  return {
    ...bill,
    // npm takes the folder's name.
    metadata: { ...bill.metadata, component: { ...bill.metadata.component, name } },
    components: [...bill.components, ...distinct(others)],
  };
};
