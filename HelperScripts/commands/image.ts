import { join } from "node:path";
import type { Image } from "@aws-sdk/client-ec2";
import { Command } from "commander";
import { ARCHITECTURES, type Architecture } from "../../Core/model/runner-class";
import { safe } from "../../Core/safe-text";
import { table } from "../console/table";
import { agreed, type CommonOptions, type Context, type ExitCode, show } from "../context";
import { findDeployment, routingSettings } from "../deployment";
import { BASE_TAG, buildImage, VERSION_TAG } from "../image/build-image";
import { type BuildWishes, planBuild } from "../image/plan-build";
import { imageInUse, ownImages, useImage, useStored, usesStored } from "../image/use-image";
import { oneOfThese } from "./arguments";
import { common, type RunCommand } from "./common";

interface BuildOptions extends CommonOptions, BuildWishes {
  readonly yes?: boolean;
}

const ROOT = join(__dirname, "../..");

const build = async (context: Context, options: BuildOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const read = (path: string): string => new TextDecoder().decode(context.readFile(join(ROOT, path)));
  const plan = await planBuild(context, deployment, read, options);
  const { architecture, base, parameter, runnerVersion } = plan;
  const isRead = await usesStored(context, deployment, architecture);
  const update = isRead ? "" : `, and update ${deployment.stackName} once, so that runners start from it`;
  const question = `Launch a ${plan.instanceType} for about ten minutes, prepare it from ${base}, make an image of it (about $0.50 a month)${update}?`;
  if (!(await agreed(context, options.yes, question))) return 1;
  const made = await buildImage(context, plan);
  await useStored(context, deployment, architecture);
  const text = `${made.imageId} (${made.name}) is made, with gitlab-runner ${runnerVersion}. Runners start from it from the next launch on.`;
  show(context, options, { ...made, architecture, base, parameter, runnerVersion }, safe(text));
  return 0;
};

const tag = ({ Tags = [] }: Image, key: string): string => Tags.find(({ Key }) => Key === key)?.Value ?? "–";

const list = async (context: Context, options: CommonOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const used = await Promise.all(ARCHITECTURES.map((each) => imageInUse(context, deployment, each)));
  const images = (await ownImages(context, deployment)).map((image) => ({
    imageId: image.ImageId ?? "",
    name: image.Name ?? "",
    architecture: image.Architecture ?? "",
    state: image.State ?? "",
    madeAt: image.CreationDate ?? "",
    runnerVersion: tag(image, VERSION_TAG),
    base: tag(image, BASE_TAG),
    isInUse: used.includes(image.ImageId),
  }));
  const inUse = Object.fromEntries(ARCHITECTURES.map((each, index) => [each, used[index]]));
  const rows = images.map(({ isInUse, base: _, ...image }) => [
    ...Object.values(image),
    isInUse ? "yes" : "",
  ]);
  const head = ["image", "name", "processor", "state", "made (UTC)", "gitlab-runner", "in use"];
  const text = [
    rows.length > 0 ? table(context.console, head, rows) : "There are no images of this deployment's own.",
    ...ARCHITECTURES.map((each, index) => safe(`${each} runners start from ${used[index] ?? "nothing"}.`)),
  ];
  show(context, options, { images, inUse }, text.join("\n"));
  return 0;
};

interface UseOptions extends CommonOptions {
  readonly architecture?: Architecture;
}

const use = async (context: Context, wanted: string, options: UseOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const settings = await routingSettings(context.clients, deployment);
  const byDefault = settings.defaults.EC2.ec2?.architecture ?? "arm64";
  const used = await useImage(context, deployment, wanted, options.architecture ?? byDefault);
  const back = used.before ? ` To go back: npx runners image use ${used.before}` : "";
  const text = `${used.architecture} runners start from ${used.image} from the next launch on.${back}`;
  show(context, options, used, safe(text));
  return 0;
};

const architecture = (command: Command, what: string): Command =>
  command.option("--architecture <name>", what, oneOfThese(ARCHITECTURES));

const buildCommand = (run: RunCommand): Command =>
  architecture(common(new Command("build")), "arm64 or x86_64; without it the stack's default")
    .description("make an image that holds Docker, git and gitlab-runner, and let runners start from it")
    .option("--from <image>", "start from this image, or resolve:ssm: and the parameter that holds one")
    .option("-y, --yes", "do not ask before an instance is launched")
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners image build
  $ npx runners image build --architecture x86_64 --yes

Takes about ten minutes. Ctrl-C and a failure remove the builder and its image. Exit code 1 when there is no image.`,
    )
    .action((options: BuildOptions) => run((context) => build(context, options)));

const useCommand = (run: RunCommand): Command =>
  architecture(common(new Command("use")), "with stock: arm64 or x86_64; without it the stack's default")
    .description("let runners start from another image, from the next launch on")
    .argument("<image>", "its id, the name of one that image build made, or stock for Amazon Linux's newest")
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx runners image use ami-0123456789abcdef0\n  $ npx runners image use stock --architecture x86_64",
    )
    .action((wanted: string, options: UseOptions) => run((context) => use(context, wanted, options)));

const listCommand = (run: RunCommand): Command =>
  common(new Command("list"))
    .description("show this deployment's images, and those that runners start from")
    .addHelpText("after", "\nExample:\n  $ npx runners image list")
    .action((options: CommonOptions) => run((context) => list(context, options)));

export const imageCommand = (run: RunCommand): Command =>
  new Command("image")
    .description("make and choose the image of EC2 runners")
    .addCommand(buildCommand(run))
    .addCommand(listCommand(run))
    .addCommand(useCommand(run));
