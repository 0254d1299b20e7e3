import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

interface Read {
  /** The function's architectures, for each folder. */
  readonly stacks: readonly { readonly build: readonly string[]; readonly deploy: readonly string[] }[];
  /** What `sam build --use-buildkit` runs. */
  readonly withBuildKit: readonly string[];
}

const readBySam = (folders: readonly string[]): Read => {
  const env = { PATH: process.env.PATH, AWS_DEFAULT_REGION: "eu-west-1", SAM_CLI_TELEMETRY: "0" };
  const options = { encoding: "utf8", timeout: 120_000, env } as const;
  const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", SCRIPT, ...folders], options);
  if (status !== 0) throw new Error(`The SAM CLI could not read the stack: ${stderr}`);
  return JSON.parse(stdout) as Read;
};

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
