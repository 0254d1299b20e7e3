import { ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { type Context, UsageError } from "../context";
import type { Deployment } from "../deployment";
import { isNamed } from "../failures";
import { isMissingStack } from "../stacks/described-stack";
import type { LogNote } from "./log-note";

/** Whose lines a log group holds. */
export const LOG_KINDS = ["control-plane", "workflow", "runner", "instance"] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export interface LogGroup {
  readonly name: string;
  readonly kind: LogKind;
  /** For people, e.g. `start-ec2-runner`. */
  readonly source: string;
}

export interface FoundGroups {
  readonly groups: readonly LogGroup[];
  readonly notes: readonly LogNote[];
}

const INSTANCES = "RunnerInstanceLogGroup";
/** Access logs of the API: they name no job. */
const NAMES_NO_JOB: readonly string[] = ["WebhookAccessLogGroup"];

/** `StartEc2RunnerLogGroup` → `start-ec2-runner`. */
const sourceOf = (logicalId: string): string =>
  logicalId
    .replace(/(?:StateMachine)?LogGroup$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase();

const kindOf = (logicalId: string): LogKind => {
  if (logicalId === INSTANCES) return "instance";
  return logicalId.endsWith("StateMachineLogGroup") ? "workflow" : "control-plane";
};

const groupOf = (logicalId: string, name: string): LogGroup => {
  const kind = kindOf(logicalId);
  const source = kind === "instance" ? "instance" : sourceOf(logicalId);
  return { name, kind, source: kind === "workflow" ? `${source} workflow` : source };
};

const listGroups = async ({ clients }: Context, stackName: string): Promise<readonly LogGroup[]> => {
  const groups: LogGroup[] = [];
  let token: string | undefined;
  do {
    const page = await clients
      .cloudFormation()
      .send(new ListStackResourcesCommand({ StackName: stackName, NextToken: token }));
    for (const { ResourceType, LogicalResourceId = "", PhysicalResourceId } of page.StackResourceSummaries ??
      []) {
      const isRead = ResourceType === "AWS::Logs::LogGroup" && !NAMES_NO_JOB.includes(LogicalResourceId);
      if (isRead && PhysicalResourceId) groups.push(groupOf(LogicalResourceId, PhysicalResourceId));
    }
    token = page.NextToken;
  } while (token !== undefined);
  return groups;
};

const isDenied = (error: unknown): boolean =>
  isNamed(error, "AccessDeniedException") || isNamed(error, "AccessDenied");

/** What stands for a stack or function that cannot be asked; any other error is not for this. */
const noteOf = (error: unknown, what: string, right: string): LogNote => {
  if (isDenied(error))
    return { code: "not-allowed", about: what, remedy: `Let your role have ${right} on it` };
  if (isMissingStack(error) || isNamed(error, "ResourceNotFoundException"))
    return { code: "missing", about: what, remedy: "Deploy it again, or see whether it was deleted" };
  throw error;
};

const ofStack = async (context: Context, stackName: string): Promise<FoundGroups> => {
  try {
    return { groups: await listGroups(context, stackName), notes: [] };
  } catch (error) {
    const about = `the log groups of the stack ${stackName}`;
    return { groups: [], notes: [noteOf(error, about, "cloudformation:ListStackResources")] };
  }
};

const ofFunction = async ({ clients }: Context, functionArn: string): Promise<FoundGroups> => {
  try {
    const asked = new GetFunctionConfigurationCommand({ FunctionName: functionArn });
    const { LoggingConfig, FunctionName } = await clients.lambda().send(asked);
    const name = LoggingConfig?.LogGroup ?? `/aws/lambda/${FunctionName ?? functionArn.split(":").at(-1)}`;
    return { groups: [{ name, kind: "runner", source: "lambda-runner" }], notes: [] };
  } catch (error) {
    const about = `the runner's function ${functionArn}`;
    return { groups: [], notes: [noteOf(error, about, "lambda:GetFunctionConfiguration")] };
  }
};

/**
 * The log groups of a deployment, and of the functions that ran a job.
 *
 * @throws UsageError when no group at all can be found
 */
export const findGroups = async (
  context: Context,
  deployment: Deployment,
  functionArns: readonly string[],
): Promise<FoundGroups> => {
  const infrastructure = deployment.outputs.get("EventBusName");
  const found = await Promise.all([
    ofStack(context, deployment.stackName),
    ...(infrastructure ? [ofStack(context, infrastructure)] : []),
    ...functionArns.map((arn) => ofFunction(context, arn)),
  ]);
  const groups = found.flatMap((one) => one.groups);
  const notes = found.flatMap((one) => one.notes);
  if (groups.length > 0) return { groups, notes };
  throw new UsageError(
    `No log group of ${deployment.stackName} can be found: ${notes[0]?.remedy ?? "deploy its newest version"}`,
  );
};
