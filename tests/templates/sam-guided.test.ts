import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWith } from "../needs";
import { ROOT, readTemplate, STACKS } from "./read-template";

// The SAM CLI is loaded for each stack.
jest.setTimeout(180_000);

const PYTHON = join(ROOT, ".local/venv/bin/python");

/** The SAM CLI itself, guided, with Enter at every question. What would call AWS is left out, and what it would deploy is noted. */
const SCRIPT = `
import json, sys
from contextlib import ExitStack
from unittest.mock import patch
from click.testing import CliRunner
from samcli.cli.main import cli
from samcli.commands.deploy.deploy_context import DeployContext

deployed = {}

def note(context):
    deployed.update(
        asksAgain=context.confirm_changeset, parameters=context.parameter_overrides, capabilities=list(context.capabilities)
    )

left_out = [
    patch("samcli.commands.deploy.guided_context.manage_stack", return_value="bucket"),
    patch("samcli.commands.deploy.guided_context.print_managed_s3_bucket_info"),
    patch("samcli.commands.deploy.guided_context.sync_ecr_stack", return_value={"RunnerFunction": "repository"}),
    patch("samcli.commands.deploy.guided_context.CompanionStackManager"),
    patch("samcli.commands.deploy.guided_context.GuidedContext.verify_images_exist_locally"),
    patch("samcli.commands.package.package_context.PackageContext.run"),
    patch.object(DeployContext, "run", note),
]
with ExitStack() as stack:
    for one in left_out:
        stack.enter_context(one)
    result = CliRunner().invoke(cli, ["deploy", "--guided"], input="\\n" * 100)
if result.exception and not isinstance(result.exception, SystemExit):
    raise result.exception
print(json.dumps({"exitCode": result.exit_code, "output": result.output, **deployed}))
`;

interface Guided {
  readonly exitCode: number;
  readonly output: string;
  /** Whether SAM asks before it executes a change set, and takes Enter for no. */
  readonly asksAgain: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
}

const isSetUp = existsSync(PYTHON);

describeWith(isSetUp, "no .local/venv with SAM's translator")(
  "a guided deployment with Enter throughout",
  () => {
    let root: string;
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), "gitlab-runners-guided-"));
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    const guide = (stack: string): Guided => {
      const folder = join(root, stack);
      for (const file of ["template.yaml", "samconfig.yaml", "workflows"].filter((each) =>
        existsSync(join(ROOT, stack, each)),
      ))
        cpSync(join(ROOT, stack, file), join(folder, file), { recursive: true });
      const env = {
        PATH: process.env.PATH,
        AWS_DEFAULT_REGION: "eu-west-1",
        SAM_CLI_TELEMETRY: "0",
        HOME: root,
      };
      const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", SCRIPT], {
        encoding: "utf8",
        timeout: 150_000,
        env,
        cwd: folder,
      });
      if (status !== 0) throw new Error(`The SAM CLI failed: ${stderr}`);
      return JSON.parse(stdout.split("\n").at(-2) ?? "") as Guided;
    };
    const configOf = (stack: string, file: string): string => readFileSync(join(root, stack, file), "utf8");

    it.each(STACKS)("%s is asked for nothing but its parameters, and deploys their defaults", (stack) => {
      const { parameters } = readTemplate(stack);
      const guided = guide(stack);
      expect([guided.exitCode, guided.output]).toEqual([
        0,
        expect.stringContaining("Saved arguments to config file"),
      ]);
      expect(guided.output.match(/Parameter \w+ \[/g)).toHaveLength(Object.keys(parameters).length);
      // SAM's own are eight; for a function with an image also where its repository is.
      const ofSam = stack === "LambdaShellRunner" ? 9 : 8;
      const questions = guided.output.match(/\[[^\]\n]*\]: /g);
      expect(questions).toHaveLength(Object.keys(parameters).length + ofSam);
      const defaults = Object.entries(parameters).map(([name, { Default }]) => [name, String(Default)]);
      expect(guided.parameters).toEqual(Object.fromEntries(defaults));
      expect(guided.asksAgain).toBe(false);
      expect(guided.capabilities).toEqual(["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]);
    });

    it.each(STACKS)(
      "%s has its answers written to a file of the user's, and its own defaults left as they are",
      (stack) => {
        expect(configOf(stack, "samconfig.yaml")).toBe(
          readFileSync(join(ROOT, stack, "samconfig.yaml"), "utf8"),
        );
        expect(configOf(stack, "samconfig.toml")).toMatch(
          /parameter_overrides = "ConfigurationPath=|stack_name = "gitlab-runners-/,
        );
      },
    );
  },
);
