import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { templateToBuild } from "../../HelperScripts/stacks/runner-template";
import { describeWith } from "../needs";
import { ROOT } from "./read-template";

/** The Python environment that `npm start` and `npm test` create; it has the SAM CLI. */
const PYTHON = join(ROOT, ".local/venv/bin/python");

/** What the SAM CLI itself makes of a stack's folder; nothing is built. */
const SCRIPT = `
import json, os, sys
from unittest.mock import Mock, patch
from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.config.samconfig import SamConfig
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.docker.image_build_client import CLIBuildClient

def overrides(folder, command):
    text = SamConfig(folder).get_all([command], "parameters").get("parameter_overrides", "")
    return CfnParameterOverridesType().convert((text,), None, None) if text else {}

def architectures(folder, command):
    stacks, _ = SamLocalStackProvider.get_stacks(os.path.join(folder, "template.yaml"), parameter_overrides=overrides(folder, command))
    return SamFunctionProvider(stacks).get("RunnerFunction").architectures

with patch("subprocess.Popen") as started:
    started.return_value = Mock(stdout=[], returncode=0)
    CLIBuildClient("docker").build_image(path=".", dockerfile="Dockerfile", tag="t", platform="linux/arm64")
    withBuildKit = started.call_args[0][0]

stacks = [{command: architectures(folder, command) for command in ["build", "deploy"]} for folder in sys.argv[1:]]
print(json.dumps({"stacks": stacks, "withBuildKit": withBuildKit}))
`;

/** The image's build that the SAM CLI asks Docker for, by a template; nothing is built. */
const IMAGE_SCRIPT = `
import json, os, sys
from unittest.mock import Mock
from samcli.lib.build.app_builder import ApplicationBuilder
from samcli.lib.providers.provider import ResourcesToBuildCollector
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

[template] = sys.argv[1:]
stacks, _ = SamLocalStackProvider.get_stacks(template, parameter_overrides={"Architecture": "x86_64"})
function = SamFunctionProvider(stacks).get("RunnerFunction")
docker = Mock(**{"build_image.return_value": []})
builder = ApplicationBuilder(ResourcesToBuildCollector(), "build", os.path.dirname(template), "cache")
builder._image_build_client = docker
builder._build_lambda_image("RunnerFunction", function.metadata, function.architectures[0])
print(json.dumps(docker.build_image.call_args[1]))
`;

interface Read {
  /** The function's architectures, for each folder. */
  readonly stacks: readonly { readonly build: readonly string[]; readonly deploy: readonly string[] }[];
  /** What `sam build --use-buildkit` runs. */
  readonly withBuildKit: readonly string[];
}

const askSam = (script: string, args: readonly string[]): unknown => {
  const env = { PATH: process.env.PATH, AWS_DEFAULT_REGION: "eu-west-1", SAM_CLI_TELEMETRY: "0" };
  const options = { encoding: "utf8", timeout: 120_000, env } as const;
  const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", script, ...args], options);
  if (status !== 0) throw new Error(`The SAM CLI could not read the stack: ${stderr}`);
  return JSON.parse(stdout);
};

const readBySam = (folders: readonly string[]): Read => askSam(SCRIPT, folders) as Read;

/** LambdaShellRunner's folder with another architecture in its samconfig.yaml. */
const copyFor = (root: string, architecture: string): string => {
  const folder = join(root, architecture);
  for (const file of ["template.yaml", "samconfig.yaml"])
    cpSync(join(ROOT, "LambdaShellRunner", file), join(folder, file));
  const path = join(folder, "samconfig.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace(/Architecture=\w+/, `Architecture=${architecture}`));
  return folder;
};

const isSetUp = existsSync(PYTHON);

describeWith(isSetUp, "no .local/venv with SAM's translator")(
  "the runner's image, as the SAM CLI builds it",
  () => {
    const ARCHITECTURES = ["arm64", "x86_64"];
    let root: string;
    let read: Read;

    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), "gitlab-runners-sam-"));
      read = readBySam(ARCHITECTURES.map((architecture) => copyFor(root, architecture)));
    }, 120_000);
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    it("is for the processor that samconfig.yaml names, and so is the function", () => {
      expect(read.stacks).toEqual(ARCHITECTURES.map((one) => ({ build: [one], deploy: [one] })));
    });

    it("is built by the deploy command from the clone, with the digests found for what the Dockerfile leaves open", () => {
      const template = join(root, "template.yaml");
      const shipped = readFileSync(join(ROOT, "LambdaShellRunner/template.yaml"), "utf8");
      writeFileSync(template, templateToBuild(shipped, ROOT, { NODE_DIGEST: "@sha256:ab" }));
      expect(askSam(IMAGE_SCRIPT, [template])).toMatchObject({
        path: ROOT,
        dockerfile: "LambdaShellRunner/Dockerfile",
        buildargs: { NODE_DIGEST: "@sha256:ab" },
        platform: "linux/amd64",
      });
    }, 120_000);

    it("is one plain manifest with BuildKit too: Lambda takes no index and no attestation", () => {
      expect(read.withBuildKit).toEqual(expect.arrayContaining(["--provenance=false", "--sbom=false"]));
    });
  },
);

it("needs no BuildKit, so that every Docker and Finch builds it", () => {
  const dockerfile = readFileSync(join(ROOT, "LambdaShellRunner/Dockerfile"), "utf8");
  expect(dockerfile).not.toMatch(
    /^#\s*syntax=|^(RUN|COPY|ADD)\s+--(mount|network|security|link|checksum|parents)|<<-?\s*['"]?\w/m,
  );
});
