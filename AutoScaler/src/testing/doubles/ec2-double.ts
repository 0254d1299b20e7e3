import type {
  CreateFleetCommandInput,
  DescribeInstancesCommandInput,
  Ec2Api,
  Ec2Instance,
} from "../../adapters/ec2/client";

/** An error as the SDK throws it. */
export const ec2Error = (code: string, status = 400): Error =>
  Object.assign(new Error(`${code}, as planned`), { name: code, $metadata: { httpStatusCode: status } });

type Filter = NonNullable<DescribeInstancesCommandInput["Filters"]>[number];
type FleetAnswer = Awaited<ReturnType<Ec2Api["createFleet"]>>;

export interface PlannedCall {
  /** Thrown before any effect. */
  readonly throws?: Error;
  /** Error codes in a successful answer, one for each pool. */
  readonly errors?: readonly string[];
  /** The launch has its effect and the answer is lost. */
  readonly isLost?: boolean;
  /** An answer with neither instances nor errors. */
  readonly isSilent?: boolean;
}

export interface Ec2Double extends Ec2Api {
  readonly instances: Map<string, Ec2Instance>;
  readonly fleetCalls: CreateFleetCommandInput[];
  readonly describeCalls: unknown[];
  /** What GetConsoleOutput shows: as posted, and the latest. */
  readonly console: { posted?: string; latest?: string };
  /** Outcomes of the next calls, in order; when it is empty, calls succeed. */
  readonly plan: PlannedCall[];
  /** Whether DescribeInstances shows launched instances. */
  isVisible: boolean;
}

const NO_METADATA = { $metadata: {} };

/** An answer's overrides name type and subnet; the disks are left out here. */
const overrideOf = (request: CreateFleetCommandInput, index: number) => {
  const { InstanceType, SubnetId } = request.LaunchTemplateConfigs?.[0]?.Overrides?.[index] ?? {};
  return { InstanceType, SubnetId };
};

const answerOf = (instanceId: string, request: CreateFleetCommandInput): FleetAnswer => ({
  ...NO_METADATA,
  FleetId: "fleet-1",
  Errors: [],
  Instances: [
    {
      InstanceIds: [instanceId],
      InstanceType: overrideOf(request, 0).InstanceType,
      LaunchTemplateAndOverrides: { Overrides: overrideOf(request, 0) },
      Lifecycle: request.TargetCapacitySpecification?.DefaultTargetCapacityType as "spot" | "on-demand",
    },
  ],
});

const refusalOf = (codes: readonly string[], request: CreateFleetCommandInput): FleetAnswer => ({
  ...NO_METADATA,
  FleetId: "fleet-1",
  Errors: codes.map((code, index) => ({
    ErrorCode: code,
    ErrorMessage: `${code} in a pool`,
    LaunchTemplateAndOverrides: { Overrides: overrideOf(request, index) },
  })),
});

const tagsOf = (request: CreateFleetCommandInput) =>
  request.TagSpecifications?.find(({ ResourceType }) => ResourceType === "instance")?.Tags ?? [];

const fits = (instance: Ec2Instance, filter: Filter): boolean => {
  const values = filter.Values ?? [];
  if (filter.Name === "instance-state-name") return values.includes(instance.State?.Name ?? "");
  const key = filter.Name?.replace(/^tag:/, "");
  const tag = instance.Tags?.find(({ Key }) => Key === key);
  return tag?.Value !== undefined && values.includes(tag.Value);
};

/** An EC2 in memory: a repeated client token gives the same answer, or an error when other parameters differ. */
export const ec2Double = (): Ec2Double => {
  const instances = new Map<string, Ec2Instance>();
  const answers = new Map<string, { readonly parameters: string; readonly answer: FleetAnswer }>();
  const fleetCalls: CreateFleetCommandInput[] = [];
  const describeCalls: unknown[] = [];
  const plan: PlannedCall[] = [];

  const launch = (request: CreateFleetCommandInput): FleetAnswer => {
    const instanceId = `i-${String(instances.size + 1).padStart(17, "0")}`;
    const answer = answerOf(instanceId, request);
    instances.set(instanceId, {
      InstanceId: instanceId,
      ...overrideOf(request, 0),
      ...(answer.Instances?.[0]?.Lifecycle === "spot" ? { InstanceLifecycle: "spot" } : {}),
      State: { Name: "pending" },
      LaunchTime: new Date(0),
      Tags: tagsOf(request),
    });
    return answer;
  };

  const once = (request: CreateFleetCommandInput, codes: readonly string[] | undefined): FleetAnswer => {
    const { ClientToken = "", ...parameters } = request;
    const earlier = answers.get(ClientToken);
    if (earlier && earlier.parameters !== JSON.stringify(parameters))
      throw ec2Error("IdempotentParameterMismatch");
    const answer = earlier?.answer ?? (codes ? refusalOf(codes, request) : launch(request));
    answers.set(ClientToken, { parameters: JSON.stringify(parameters), answer });
    return answer;
  };

  const double: Ec2Double = {
    instances,
    fleetCalls,
    describeCalls,
    console: {},
    plan,
    isVisible: true,
    createFleet: async (request) => {
      fleetCalls.push(request);
      const { throws, errors, isLost, isSilent }: PlannedCall = plan.shift() ?? {};
      if (throws) throw throws;
      const answer = once(request, errors);
      if (isLost) throw Object.assign(new Error("socket hang up"), { name: "Error" });
      return isSilent ? { ...NO_METADATA, FleetId: "fleet-1" } : answer;
    },
    describeInstances: async (request) => {
      describeCalls.push(request);
      const all = double.isVisible ? [...instances.values()] : [];
      const byId = request.InstanceIds;
      const missing = byId?.find((id) => !all.some(({ InstanceId }) => InstanceId === id));
      if (missing !== undefined) throw ec2Error("InvalidInstanceID.NotFound");
      const found = all
        .filter(({ InstanceId }) => byId === undefined || byId.includes(InstanceId ?? ""))
        .filter((instance) => (request.Filters ?? []).every((filter) => fits(instance, filter)));
      const from = Number(request.NextToken ?? 0);
      const size = request.MaxResults ?? found.length;
      return {
        ...NO_METADATA,
        Reservations: found.slice(from, from + size).map((instance) => ({ Instances: [instance] })),
        ...(from + size < found.length ? { NextToken: String(from + size) } : {}),
      };
    },
    getConsoleOutput: async ({ Latest }) => {
      const text = Latest ? double.console.latest : double.console.posted;
      return { ...NO_METADATA, ...(text ? { Output: Buffer.from(text).toString("base64") } : {}) };
    },
    terminateInstances: async ({ InstanceIds = [] }) => {
      for (const id of InstanceIds) {
        const instance = instances.get(id);
        if (instance === undefined) throw ec2Error("InvalidInstanceID.NotFound");
        instances.set(id, { ...instance, State: { Name: "shutting-down" } });
      }
    },
  };
  return double;
};
