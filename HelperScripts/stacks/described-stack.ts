import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

/** A stack as CloudFormation describes it, whatever its status. */
export interface DescribedStack {
  readonly id: string;
  /** Empty: an emulator that tells none. */
  readonly status: string;
  readonly outputs: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Whether CloudFormation says that there is no such stack. */
export const isMissingStack = (error: unknown): boolean =>
  error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message);

/** @returns undefined where there is no such stack */
export const describeStack = async (
  client: Pick<CloudFormationClient, "send">,
  nameOrId: string,
): Promise<DescribedStack | undefined> => {
  const answer = await client
    .send(new DescribeStacksCommand({ StackName: nameOrId }))
    .catch((error: unknown) => {
      if (isMissingStack(error)) return undefined;
      throw error;
    });
  const [stack] = answer?.Stacks ?? [];
  if (stack === undefined) return undefined;
  const { StackId: id = nameOrId, StackStatus: status = "", Outputs = [], Parameters = [] } = stack;
  return {
    id,
    status,
    outputs: new Map(Outputs.map((each) => [each.OutputKey ?? "", each.OutputValue ?? ""])),
    parameters: new Map(Parameters.map((each) => [each.ParameterKey ?? "", each.ParameterValue ?? ""])),
  };
};
