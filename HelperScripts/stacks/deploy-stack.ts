import { dirname } from "node:path";
import { ConfigurationError } from "../../Core/errors";
import { duration, plural } from "../console/words";
import type { Context } from "../context";
import { type SamCli, samFailure } from "./sam";
import { watchStack } from "./stack-progress";
import { failedResource, lastEventId, readyToDeploy, stackEvents } from "./stack-state";

/** One stack's deployment. */
export interface StackDeployment {
  /** The stack's name. */
  readonly name: string;
  /** Path of the built template. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Where SAM pushes an image; required for a template with a function of one, also where it is pushed already. */
  readonly imageRepository?: string;
}

const samArguments = ({
  name,
  template,
  parameters,
  imageRepository,
}: StackDeployment): readonly string[] => [
  "deploy",
  ...["--template-file", template, "--stack-name", name],
  ...["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--resolve-s3"],
  ...["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"],
  ...(imageRepository === undefined ? [] : ["--image-repository", imageRepository]),
  "--parameter-overrides",
  // Without quotation marks SAM takes no empty value.
  ...Object.entries(parameters).map(([key, value]) => `${key}="${value}"`),
];

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/not authorized|AccessDenied|no identity-based policy/i, "Ask for the permission, or use another profile"],
  [/limit|quota|exceeded|maximum/i, "Raise that limit under Service Quotas in the AWS console"],
  [/already exists/i, "Remove what is there by that name, or deploy under another --name"],
];

const remedyFor = (why: string): string =>
  REMEDIES.find(([pattern]) => pattern.test(why))?.[1] ?? "Correct what it names";

/**
 * Deploys one stack with `sam deploy`, and tells how far it is.
 *
 * @returns whether anything was changed
 * @throws ConfigurationError with the failed resource, CloudFormation's reason and the remedy
 */
export const deployStack = async (
  at: { readonly context: Context; readonly sam: SamCli },
  deployment: StackDeployment,
): Promise<boolean> => {
  const { context, sam } = at;
  const { name, template } = deployment;
  await readyToDeploy(context, name);
  const client = context.clients.cloudFormation();
  const since = context.now();
  const after = await lastEventId(client, name);
  const watch = watchStack(context, name, after);
  // Beside the built template there is no samconfig.toml: nobody's saved answers count.
  const { result, count } = await sam.run(samArguments(deployment), dirname(template)).then(
    async (done) => ({ result: done, count: await watch.end() }),
    async (error: unknown) => {
      await watch.end();
      throw error;
    },
  );
  const took = duration(context.now() - since);
  if (result.exitCode === 0) {
    context.console.err(
      `  ${name}: ${count === 0 ? "no changes" : `${plural(count, "resource")} deployed`} in ${took}`,
    );
    return count > 0;
  }
  const why = failedResource(await stackEvents(client, name, after)) ?? samFailure(result);
  throw new ConfigurationError(
    `The stack ${name} could not be deployed: ${why}\n${remedyFor(why)}, then deploy again: it goes on from here`,
  );
};
