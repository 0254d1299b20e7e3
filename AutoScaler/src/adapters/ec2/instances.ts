import { JOB_TAG, STACK_TAG } from "../../../../Core/configuration";
import { installFailureIn } from "../../../../Core/console-hint";
import { defined } from "../../../../Core/defined";
import type { Instance, InstanceState, Instances } from "../../ports";
import type { Ec2Api, Ec2Instance } from "./client";
import { callEc2, shortMessage } from "./errors";

const STATES: readonly InstanceState[] = [
  "pending",
  "running",
  "shutting-down",
  "terminated",
  "stopping",
  "stopped",
];

/** DescribeInstances returns at most 1,000 a page. */
const PAGE_SIZE = 500;

const tagOf = (instance: Ec2Instance, key: string): string | undefined =>
  instance.Tags?.find(({ Key }) => Key === key)?.Value;

/** AWS's message usually begins with the code. The transition reason of a running instance is empty. */
const stateReasonOf = ({ StateReason, StateTransitionReason }: Ec2Instance): string | undefined => {
  const { Code = "", Message = "" } = StateReason ?? {};
  const said = Message.startsWith(Code) ? [Message] : [Code, Message];
  return shortMessage(said.filter(Boolean).join(": ") || StateTransitionReason || "") || undefined;
};

const ATTEMPT = /^([1-9]\d{0,15})-([1-9]\d{0,2})$/;

const parse = (instance: Ec2Instance): Instance[] => {
  const state = STATES.find((known) => known === instance.State?.Name);
  if (instance.InstanceId === undefined || state === undefined) return [];
  const job = ATTEMPT.exec(tagOf(instance, JOB_TAG) ?? "");
  return [
    {
      instanceId: instance.InstanceId,
      state,
      launchedAt: instance.LaunchTime?.getTime() ?? 0,
      ...defined({ stateReason: stateReasonOf(instance) }),
      ...(job ? { jobId: Number(job[1]), attempt: Number(job[2]) } : {}),
    },
  ];
};

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && /^InvalidInstanceID\.(NotFound|Malformed)$/.test(error.name);

/** Maps EC2's "not found" to undefined, since it is an answer and not a failure. */
const unlessNotFound = async <Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> => {
  try {
    return await call();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

/** @param isLatest as it is now, which not every type and state can show; else as posted when the state last changed */
const readConsole = async (ec2: Ec2Api, InstanceId: string, isLatest: boolean): Promise<string> => {
  const answer = await callEc2(`Reading the console of ${InstanceId}`, () =>
    unlessNotFound(() => ec2.getConsoleOutput({ InstanceId, ...(isLatest ? { Latest: true } : {}) })),
  );
  return Buffer.from(answer?.Output ?? "", "base64").toString("utf8");
};

/** The instances of one deployment: those with its tag `glr:stack`, and no others (T-16). */
export const ec2Instances = (
  ec2: Ec2Api,
  { deploymentId }: { readonly deploymentId: string },
): Instances => ({
  list: async (cursor) => {
    const page = await callEc2("Listing the runner instances", () =>
      ec2.describeInstances({
        Filters: [{ Name: `tag:${STACK_TAG}`, Values: [deploymentId] }],
        MaxResults: PAGE_SIZE,
        ...defined({ NextToken: cursor }),
      }),
    );
    const instances = (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    return { items: instances.flatMap(parse), ...(page.NextToken ? { next: page.NextToken } : {}) };
  },

  describe: async (instanceId) => {
    const page = await callEc2(`Describing ${instanceId}`, () =>
      unlessNotFound(() => ec2.describeInstances({ InstanceIds: [instanceId] })),
    );
    const instance = page?.Reservations?.flatMap(({ Instances }) => Instances ?? [])[0];
    const isOurs = instance !== undefined && tagOf(instance, STACK_TAG) === deploymentId;
    return isOurs ? parse(instance)[0] : undefined;
  },

  terminate: async (instanceId) => {
    await callEc2(`Terminating ${instanceId}`, () =>
      unlessNotFound(() => ec2.terminateInstances({ InstanceIds: [instanceId] })),
    );
  },

  installFailure: async (instanceId) =>
    installFailureIn(await readConsole(ec2, instanceId, false)) ??
    installFailureIn(await readConsole(ec2, instanceId, true)),
});
