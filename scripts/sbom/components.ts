import { argument, baseImages, pinNames } from "../pin/dockerfile";

/** A component of a CycloneDX bill, as far as it is used here. https://cyclonedx.org/docs/1.5/json/#components */
export interface Component {
  readonly "bom-ref": string;
  readonly type: "application" | "container" | "library";
  readonly name: string;
  readonly version: string;
  /** https://github.com/package-url/purl-spec */
  readonly purl: string;
  /** `excluded`: a tool that is not passed on. */
  readonly scope: "required" | "excluded";
  readonly hashes?: readonly { readonly alg: "SHA-256"; readonly content: string }[];
}

const component = (rest: Omit<Component, "bom-ref">): Component => ({ "bom-ref": rest.purl, ...rest });

/** An image's reference, e.g. `public.ecr.aws/lambda/nodejs:24`, and its digest with `@` before it, or nothing. */
const ofImage = (reference: string, digest: string): Component => {
  const at = reference.lastIndexOf(":");
  const [name, tag] = [reference.slice(0, at), reference.slice(at + 1)];
  const purl = `pkg:oci/${name.split("/").at(-1)}${digest}?repository_url=${name}&tag=${tag}`;
  return component({ type: "container", name, version: `${tag}${digest}`, purl, scope: "required" });
};

/** `AWS_CLI_SHA256_AARCH64` → the AWS CLI for that processor. */
const ofDownload = (dockerfile: string, pin: string): Component => {
  const [tool = "", processor = ""] = pin.split("_SHA256_");
  const name = tool.toLowerCase().replaceAll("_", "-");
  const version = argument(dockerfile, `${tool}_VERSION`);
  const sum = argument(dockerfile, pin);
  return component({
    type: "application",
    name,
    version,
    purl: `pkg:generic/${name}@${version}?arch=${processor.toLowerCase()}`,
    scope: "required",
    ...(sum === "" ? {} : { hashes: [{ alg: "SHA-256", content: sum }] }),
  });
};

/** What the Lambda runner's image is made of beside npm's packages: base images and verified downloads. */
export const imageComponents = (dockerfile: string): readonly Component[] => [
  ...[...baseImages(dockerfile)].map(([name, reference]) => ofImage(reference, argument(dockerfile, name))),
  ...pinNames(dockerfile)
    .filter((name) => name.includes("_SHA256_"))
    .map((name) => ofDownload(dockerfile, name)),
];

/** Python's packages of a lock as pip reads it: tools of the laptop and of the tests. */
export const pythonComponents = (requirements: string): readonly Component[] =>
  [...requirements.matchAll(/^([a-z0-9-]+)==([^\s;\\]+)/gm)].map(([, name = "", version = ""]) =>
    component({ type: "library", name, version, purl: `pkg:pypi/${name}@${version}`, scope: "excluded" }),
  );
