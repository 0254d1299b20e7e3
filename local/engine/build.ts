import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { KEPT, type RunFolder } from "../laptop/run-folder";
import { runCommand } from "./run-command";
import { SAM, samEnv } from "./sam";
import { sourcesHash } from "./sources";

/** The stacks in order of deployment. */
export const STACKS = ["Infrastructure", "LambdaShellRunner", "MicroVmRunner", "AutoScaler"] as const;
export type Stack = (typeof STACKS)[number];

/** The folder of each stack's build: `template.yaml` and a folder for each function, by logical id. */
export type Builds = Readonly<Record<Stack, string>>;

const KEPT_BUILDS = 4;
const BUILDS = join(KEPT, "builds");

const dropOldBuilds = (stack: Stack): void => {
  const paths = readdirSync(BUILDS)
    .filter((name) => name.startsWith(`${stack}-`))
    .map((name) => join(BUILDS, name))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  for (const path of paths.slice(KEPT_BUILDS)) rmSync(path, { recursive: true, force: true });
};

const samBuild = async (root: string, stack: Stack, target: string, run: RunFolder): Promise<void> => {
  // Not samconfig.toml, in which a user's own answers are.
  const args = ["build", "--config-file", "samconfig.yaml", "--build-dir", target];
  await runCommand({ program: SAM, args, cwd: join(root, stack), env: samEnv(run) });
};

/**
 * Building the image needs Docker, but its bundle does not. The arguments for esbuild are read from the Dockerfile, so
 * that both bundles are the same.
 */
const bundleRunner = async (root: string, stack: Stack, target: string, run: RunFolder): Promise<void> => {
  const dockerfile = readFileSync(join(root, stack, "Dockerfile"), "utf8").replaceAll("\\\n", " ");
  const call = /npx esbuild ([^\n;&|]+)/.exec(dockerfile)?.[1];
  if (!call) throw new Error("LambdaShellRunner/Dockerfile has no line with `npx esbuild`");
  const args = call
    .trim()
    .split(/\s+/)
    .filter((arg) => !arg.startsWith("--outfile"));
  const outfile = `--outfile=${join(target, "RunnerFunction/handler.js")}`;
  await runCommand({
    program: join(root, "node_modules/.bin/esbuild"),
    args: [...args, outfile],
    cwd: root,
    env: run.env,
  });
};

const build = async (root: string, stack: Stack, run: RunFolder): Promise<string> => {
  mkdirSync(BUILDS, { recursive: true });
  const target = join(BUILDS, `${stack}-${sourcesHash(root, stack)}`);
  if (existsSync(target)) return target;
  const part = `${target}.part-${process.pid}`;
  await (stack === "LambdaShellRunner" ? bundleRunner : samBuild)(root, stack, part, run);
  try {
    renameSync(part, target);
  } catch (error) {
    // Another process of this clone has built the same sources meanwhile.
    if (!existsSync(target)) throw error;
    rmSync(part, { recursive: true, force: true });
  }
  dropOldBuilds(stack);
  return target;
};

/**
 * Builds a shipped stack with `sam build`, as users do. A build with unchanged sources is reused. A failure may be
 * awaited later.
 *
 * @param root the clone, or a copy of it
 * @returns the folder of the build
 */
export const buildStack = (root: string, stack: Stack, run: RunFolder): Promise<string> => {
  const building = build(root, stack, run);
  building.catch(() => undefined);
  return building;
};

/** The template that `sam build` wrote; for a stack with an image the source template. */
export const builtTemplatePath = (root: string, stack: Stack, builds: Builds): string => {
  const built = join(builds[stack], "template.yaml");
  return existsSync(built) ? built : join(root, stack, "template.yaml");
};
