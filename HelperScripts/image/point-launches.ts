import { UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { ConfigurationError, TransientError } from "../../Core/errors";
import type { Architecture } from "../../Core/model/runner-class";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import { describeStack } from "../stacks/described-stack";
import { readLaunchTemplate } from "./launch-images";

const PARAMETERS: Readonly<Record<Architecture, string>> = { arm64: "ImageIdArm64", x86_64: "ImageIdX86" };

const LOOK_EVERY_MILLISECONDS = 5_000;
const UPDATED_WITHIN_MILLISECONDS = 20 * 60_000;

type StackContext = Pick<Context, "clients" | "console" | "now" | "sleep">;

/** Whether launches of an architecture start from what the reference names. */
export const isLaunchedFrom = async (
  context: StackContext,
  deployment: Deployment,
  architecture: Architecture,
  reference: string,
): Promise<boolean> => (await readLaunchTemplate(context, deployment, architecture))?.ImageId === reference;

const untilUpdated = async (
  { clients, now, sleep }: StackContext,
  StackName: string,
): Promise<string | undefined> => {
  const end = now() + UPDATED_WITHIN_MILLISECONDS;
  while (now() < end) {
    await sleep(LOOK_EVERY_MILLISECONDS);
    const status = (await describeStack(clients.cloudFormation(), StackName))?.status;
    if (!status?.endsWith("_IN_PROGRESS")) return status;
  }
  throw new TransientError(`${StackName} was not updated within 20 minutes: look at its events`);
};

/**
 * Lets launches of an architecture start from what the reference names. Once, for a reference `resolve:ssm:…` is followed at each
 * launch: the stack gets another value of one parameter, and nothing else of it changes.
 *
 * @throws ConfigurationError when the stack keeps its old value, TransientError when it takes too long
 */
export const pointLaunches = async (
  context: StackContext,
  deployment: Deployment,
  architecture: Architecture,
  reference: string,
): Promise<void> => {
  if (await isLaunchedFrom(context, deployment, architecture, reference)) return;
  const { stackName: StackName, parameters } = deployment;
  const ParameterKey = PARAMETERS[architecture];
  context.console.err(`${StackName} is updated: ${ParameterKey}=${reference}. This takes a minute or two.`);
  await context.clients.cloudFormation().send(
    new UpdateStackCommand({
      StackName,
      UsePreviousTemplate: true,
      Capabilities: ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
      Parameters: [...parameters.keys()].map((key) =>
        key === ParameterKey
          ? { ParameterKey, ParameterValue: reference }
          : { ParameterKey: key, UsePreviousValue: true },
      ),
    }),
  );
  const status = await untilUpdated(context, StackName);
  if (status === "UPDATE_COMPLETE") return;
  throw new ConfigurationError(
    `${StackName} is ${status}: look at its events, or deploy AutoScaler with ${ParameterKey}=${reference}`,
  );
};
