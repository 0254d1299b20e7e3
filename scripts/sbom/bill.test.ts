import { dockerfile } from "../../tests/image/instructions";
import { readText } from "../../tests/repository-files";
import { type Bill, billOfMaterials } from "./bill";
import { imageComponents, pythonComponents } from "./components";

let bill: Bill;
beforeAll(() => {
  bill = billOfMaterials();
}, 60_000);

const named = (): ReadonlySet<string> =>
  new Set(bill.components.map(({ name, version }) => `${name}@${version}`));

describe("the bill of materials", () => {
  it("S-23: is a CycloneDX document of this application, in which nothing stands twice", () => {
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: expect.stringMatching(/^1\.\d$/) });
    expect(bill.metadata.component.name).toBe("gitlab-autoscaled-runners-on-aws");
    const references = bill.components.map((one) => one["bom-ref"]);
    expect(new Set(references).size).toBe(references.length);
  });

  it("S-23 T-24: names every npm package of the lock file", () => {
    const { packages } = JSON.parse(readText("package-lock.json"));
    // npm names a package under an alias by the one or by the other.
    const locked = Object.entries<{ name?: string; version: string }>(packages)
      .filter(([path]) => path !== "")
      .map(([path, { name, version }]) =>
        [name, path.replace(/^.*node_modules\//, "")].map((one) => `${one}@${version}`),
      );
    expect(locked.length).toBeGreaterThan(100);
    const known = named();
    expect(locked.filter((names) => !names.some((one) => known.has(one)))).toEqual([]);
  });

  it("S-23 T-24: names what the image is made of, and every Python package", () => {
    const versions = [...dockerfile.matchAll(/^ARG (\w+)_VERSION=(.*)$/gm)].map(
      ([, name = "", version]) => `${name.toLowerCase().replaceAll("_", "-")}@${version}`,
    );
    const python = ["local/setup", "tests/independent-clients"].flatMap((folder) =>
      (readText(`${folder}/requirements.txt`).match(/^[a-z0-9-]+==[^\s;]+/gm) ?? []).map((line) =>
        line.replace("==", "@"),
      ),
    );
    expect([versions.length, python.length > 50]).toEqual([3, true]);
    expect([...versions, ...python].filter((one) => !named().has(one))).toEqual([]);
    expect(bill.components.filter(({ purl }) => purl.startsWith("pkg:oci/"))).toHaveLength(2);
  });
});

it("S-23: a component has the digest or the sum that is pinned", () => {
  const components = imageComponents(
    `ARG A_DIGEST=@sha256:12\nARG T_VERSION=1.2\nARG T_SHA256_ARM64=ab\nFROM public.ecr.aws/lambda/nodejs:24\u0024{A_DIGEST}\n`,
  );
  expect(components.map(({ purl, hashes }) => [purl, hashes])).toEqual([
    ["pkg:oci/nodejs@sha256:12?repository_url=public.ecr.aws/lambda/nodejs&tag=24", undefined],
    ["pkg:generic/t@1.2?arch=arm64", [{ alg: "SHA-256", content: "ab" }]],
  ]);
});

it("S-23: a Python package's marker is no part of its version", () => {
  const [one] = pythonComponents("colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:0\n");
  expect(one?.purl).toBe("pkg:pypi/colorama@0.4.6");
});
