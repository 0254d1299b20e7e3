import {
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { installFailureIn } from "../../Core/console-hint";
import { ConfigurationError, TransientError } from "../../Core/errors";
import { INSTALL_FAILURE_WORDS } from "../../Core/model/reason-words";
import { safe } from "../../Core/safe-text";
import type { Context } from "../context";
import { NOT_READY, READY } from "./builder-script";
import type { Interruptible } from "./interruptible";

/** Its value is the deployment id. A builder has no `glr:stack`: the reconciler would take it for an orphan. */
export const BUILDER_TAG = "glr:builder";

const LOOK_EVERY_MILLISECONDS = 5_000;
const STOPPED_WITHIN_MILLISECONDS = 20 * 60_000;
/** EC2 posts a console shortly after its instance has stopped. */
const CONSOLE_WITHIN_MILLISECONDS = 5 * 60_000;
/** Longer than any build. */
const LEFT_BEHIND_MILLISECONDS = 3_600_000;

type Ec2Context = Pick<Context, "clients" | "console" | "now">;

export const launchBuilder = async (
  { clients }: Ec2Context,
  request: RunInstancesCommandInput,
): Promise<string> => {
  const answer = await clients.ec2().send(new RunInstancesCommand(request));
  const id = answer.Instances?.[0]?.InstanceId;
  if (id === undefined) throw new TransientError("EC2 did not say which builder it launched: try again");
  return id;
};

export const terminateBuilder = async ({ clients }: Ec2Context, instanceId: string): Promise<void> => {
  await clients.ec2().send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
};

/** By a filter: a new instance that EC2 does not show yet would be an error by its id. */
const instances = async (
  { clients }: Ec2Context,
  Name: string,
  value: string,
): Promise<readonly Instance[]> => {
  const answer = await clients
    .ec2()
    .send(new DescribeInstancesCommand({ Filters: [{ Name, Values: [value] }] }));
  return (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
};

/** Terminates builders of runs that were killed. */
export const clearBuilders = async (context: Ec2Context, deploymentId: string): Promise<void> => {
  const all = await instances(context, `tag:${BUILDER_TAG}`, deploymentId);
  const left = all.filter(
    ({ State, LaunchTime }) =>
      State?.Name !== "terminated" &&
      context.now() - (LaunchTime?.getTime() ?? context.now()) > LEFT_BEHIND_MILLISECONDS,
  );
  for (const { InstanceId = "" } of left) {
    await terminateBuilder(context, InstanceId);
    context.console.err(`The builder ${InstanceId} of an earlier run is terminated.`);
  }
};

const isDenied = (error: unknown): boolean =>
  error instanceof Error && /Unauthorized|AccessDenied/.test(error.name);

/** Empty where EC2 does not show it now. */
const readConsole = async ({ clients }: Ec2Context, InstanceId: string, Latest: boolean): Promise<string> => {
  try {
    const answer = await clients.ec2().send(new GetConsoleOutputCommand({ InstanceId, Latest }));
    return Buffer.from(answer.Output ?? "", "base64").toString("utf8");
  } catch (error) {
    if (isDenied(error)) throw error;
    return "";
  }
};

/** Its own lines, and the checks that failed. */
const linesOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|: )((?:glr: |MISS {2}).+?)\s*$/gm)].map(([, line = ""]) => line);

/** Shows each line of the builder's once. */
const teller = ({ console }: Ec2Context) => {
  const told = new Set<string>();
  return (text: string): void => {
    for (const line of linesOf(text)) {
      if (!told.has(line)) console.err(`  ${safe(line.replace(/^glr: /, ""))}`);
      told.add(line);
    }
  };
};

const untilStopped = async (
  context: Ec2Context,
  work: Interruptible,
  instanceId: string,
  tell: (text: string) => void,
): Promise<void> => {
  const end = context.now() + STOPPED_WITHIN_MILLISECONDS;
  while (context.now() < end) {
    await work.sleep(LOOK_EVERY_MILLISECONDS);
    const [builder] = await instances(context, "instance-id", instanceId);
    if (builder?.State?.Name === "stopped") return;
    if (builder?.State?.Name === "terminated")
      throw new TransientError(`The builder ${instanceId} was terminated by somebody else`);
    tell(await readConsole(context, instanceId, true));
  }
  throw new TransientError(`The builder ${instanceId} was not done within 20 minutes`);
};

const isVerdict = (line: string): boolean => line === READY || line === NOT_READY;

const readVerdict = async (context: Ec2Context, work: Interruptible, instanceId: string): Promise<string> => {
  const end = context.now() + CONSOLE_WITHIN_MILLISECONDS;
  while (context.now() < end) {
    for (const isLatest of [false, true]) {
      const text = await readConsole(context, instanceId, isLatest);
      if (linesOf(text).some(isVerdict)) return text;
    }
    await work.sleep(LOOK_EVERY_MILLISECONDS);
  }
  throw new TransientError(`The console of the builder ${instanceId} does not say whether it was prepared`);
};

/**
 * Waits until a builder has prepared its disk and stopped, and shows how far it is.
 *
 * @throws ConfigurationError with the reason when it could not be prepared, TransientError when nothing says so or it takes too long
 */
export const untilPrepared = async (
  context: Ec2Context,
  work: Interruptible,
  instanceId: string,
): Promise<void> => {
  const tell = teller(context);
  await untilStopped(context, work, instanceId, tell);
  const text = await readVerdict(context, work, instanceId);
  tell(text);
  if (linesOf(text).includes(READY)) return;
  const failure = installFailureIn(text);
  const why = failure ? INSTALL_FAILURE_WORDS[failure] : "a check failed; the console above says which";
  throw new ConfigurationError(`The builder could not be prepared: ${why}`);
};
