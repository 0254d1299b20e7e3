import { join } from "node:path";
import { ConfigurationError } from "../../Core/errors";
import { duration } from "../console/words";
import type { Context } from "../context";
import { CLONE, KEPT_FOLDER } from "../deploy/answers/kept-answers";
import { findPins } from "./pins";
import type { RunnerImage } from "./runner-image";
import { templateToBuild, templateWithImage } from "./runner-template";
import { type SamCli, samFailure } from "./sam";

/** The folders of the stacks, in order of deployment. */
export type StackFolder = "Infrastructure" | "LambdaShellRunner" | "MicroVmRunner" | "AutoScaler";

/** The built template of each stack that is to be deployed. */
export type BuiltTemplates = ReadonlyMap<StackFolder, string>;

interface Build {
  readonly context: Context;
  readonly sam: SamCli;
  /** Where the builds of this deployment are kept. */
  readonly folder: string;
}

const built = async (build: Build, stack: StackFolder, more: readonly string[] = []): Promise<string> => {
  const { context, sam, folder } = build;
  const since = context.now();
  const target = join(folder, stack);
  if (context.console.isTerminal) context.console.replaceLine(`  ${stack}: building …`);
  // A samconfig.toml, where there is one, has what somebody answered for other deployments.
  const config = more.includes("--template-file") ? [] : ["--config-file", "samconfig.yaml"];
  const args = ["build", "--build-dir", target, "--no-cached", ...config, ...more];
  const result = await sam.run(args, join(CLONE, stack));
  if (context.console.isTerminal) context.console.replaceLine("");
  if (result.exitCode !== 0) {
    throw new ConfigurationError(`${stack} could not be built:\n${samFailure(result)}`);
  }
  context.console.err(`  ${stack}: built in ${duration(context.now() - since)}`);
  return join(target, "template.yaml");
};

const runnerTemplate = async (
  build: Build,
  image: Exclude<RunnerImage, { kind: "none" }>,
): Promise<string> => {
  const { readFile, writeFile } = build.context;
  const source = Buffer.from(readFile(join(CLONE, "LambdaShellRunner", "template.yaml"))).toString("utf8");
  if (image.kind === "pushed") {
    const path = join(build.folder, "LambdaShellRunner", "template.yaml");
    writeFile(path, templateWithImage(source, image.uri));
    return path;
  }
  build.context.console.err("  LambdaShellRunner: building its image, which takes minutes the first time …");
  const path = join(build.folder, "LambdaShellRunner-source", "template.yaml");
  writeFile(path, templateToBuild(source, CLONE, await findPins(build.context)));
  const architecture = `Architecture="${image.architecture}"`;
  return built(build, "LambdaShellRunner", ["--template-file", path, "--parameter-overrides", architecture]);
};

/**
 * Builds the stacks with `sam build`, outside of what Git tracks.
 *
 * @param name the deployment's
 * @throws ConfigurationError with SAM's reason
 */
export const buildStacks = async (
  at: Omit<Build, "folder">,
  name: string,
  image: RunnerImage,
  hasMicroVms: boolean,
): Promise<BuiltTemplates> => {
  const build = { ...at, folder: join(KEPT_FOLDER, "build", name) };
  const templates = new Map<StackFolder, string>();
  templates.set("Infrastructure", await built(build, "Infrastructure", ["--build-in-source"]));
  if (image.kind !== "none") templates.set("LambdaShellRunner", await runnerTemplate(build, image));
  if (hasMicroVms) templates.set("MicroVmRunner", await built(build, "MicroVmRunner", ["--build-in-source"]));
  templates.set("AutoScaler", await built(build, "AutoScaler", ["--build-in-source"]));
  return templates;
};
