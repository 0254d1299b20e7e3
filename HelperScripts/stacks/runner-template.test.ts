import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTemplate } from "../../local/engine/template-file";
import { templateToBuild, templateWithImage } from "./runner-template";

const SHIPPED = join(__dirname, "../../LambdaShellRunner/template.yaml");
const IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/runner:1";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "runner-template-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As CloudFormation reads it. */
const parsed = (text: string) => {
  const path = join(folder, "template.yaml");
  writeFileSync(path, text);
  return readTemplate(path);
};

const others = ({ Resources, ...rest }: ReturnType<typeof readTemplate>) => {
  const { RunnerFunction: _, ...kept } = Resources;
  return { ...rest, Resources: kept };
};

describe("LambdaShellRunner's template", () => {
  const shipped = readTemplate(SHIPPED);
  const text = readFileSync(SHIPPED, "utf8");

  it("takes an image that is pushed already, and is the same otherwise", () => {
    const changed = parsed(templateWithImage(text, IMAGE));
    const { Metadata, Properties } = changed.Resources.RunnerFunction ?? { Type: "" };
    expect(Metadata).toBeUndefined();
    expect(Properties).toEqual({ ...shipped.Resources.RunnerFunction?.Properties, ImageUri: IMAGE });
    expect(others(changed)).toEqual(others(shipped));
  });

  it("is built from elsewhere with the digests that the Dockerfile leaves open, and is the same otherwise", () => {
    const changed = parsed(templateToBuild(text, "/clone", { NODE_DIGEST: "sha256:ab" }));
    const { Metadata, Properties } = changed.Resources.RunnerFunction ?? { Type: "" };
    expect(Metadata).toEqual({
      ...shipped.Resources.RunnerFunction?.Metadata,
      DockerContext: "/clone",
      DockerBuildArgs: { NODE_DIGEST: "sha256:ab" },
    });
    expect(Properties).toEqual(shipped.Resources.RunnerFunction?.Properties);
    expect(others(changed)).toEqual(others(shipped));
  });

  it("is refused when it has no such function", () => {
    expect(() => templateWithImage("Resources: {}", IMAGE)).toThrow("has no Resources.RunnerFunction");
  });
});
