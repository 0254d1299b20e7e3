import type {
  CreateFleetCommandInput,
  DescribeInstancesCommandInput,
  Ec2Instance,
} from "../../../AutoScaler/src/adapters/ec2/client";
import { JOB_TAG, STACK_TAG } from "../../../Core/configuration";
import type { Time } from "../../../Core/model/ledger";
import type { AccountQuotas } from "./limits/account";
import { refusalOf, vcpusOfFleet } from "./limits/ec2-account";
import { Ec2Requests, type FleetRate } from "./limits/ec2-requests";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

type FleetAnswer = Awaited<
  ReturnType<import("../../../AutoScaler/src/adapters/ec2/client").Ec2Api["createFleet"]>
>;
type DescribeAnswer = Awaited<
  ReturnType<import("../../../AutoScaler/src/adapters/ec2/client").Ec2Api["describeInstances"]>
>;
type StateName = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

/** An error as the SDK throws it. */
export const ec2Error = (code: string, status = 400): Error =>
  Object.assign(new Error(`${code}, says the simulated EC2`), {
    name: code,
    $metadata: { httpStatusCode: status },
  });

/** An override's type and subnet: the pool, or the place of an instance. */
type Override = Pick<Ec2Instance, "InstanceType" | "SubnetId">;

const overridesOf = ({ LaunchTemplateConfigs }: CreateFleetCommandInput): readonly Override[] =>
  (LaunchTemplateConfigs?.[0]?.Overrides ?? [{}]).map(({ InstanceType, SubnetId }) => ({
    InstanceType,
    SubnetId,
  }));

/** Each override that could not be launched has an error of its own. */
const noCapacityIn = (Overrides: Override) => ({
  ErrorCode: "InsufficientInstanceCapacity",
  ErrorMessage: "none just now",
  LaunchTemplateAndOverrides: { Overrides },
});

const noneLaunched = (Errors: FleetAnswer["Errors"]): FleetAnswer => ({
  $metadata: {},
  FleetId: "fleet",
  Errors,
  Instances: [],
});

export interface SimulatedInstance {
  readonly id: string;
  readonly jobTag: string;
  readonly className: string;
  readonly tags: Ec2Instance["Tags"];
  readonly launchedAt: Time;
  readonly boughtAs: "spot" | "on-demand";
  readonly place: Override;
  readonly vcpus: number;
  /** DescribeInstances shows it from then on. */
  readonly shownFrom: Time;
  state: StateName;
  /** It runs nothing any more. */
  shutDownAt?: Time;
  terminatedAt?: Time;
}

export interface Ec2Options extends FleetRate {
  /** Capacity of the token bucket for launches, and tokens that it gets each second. */
  readonly bucket: number;
  readonly refillPerSecond: number;
  /** Probabilities that a spot request and an on-demand request find no capacity. */
  readonly noSpot: number;
  readonly noCapacity: number;
  /** Pools without spot capacity, as `m7g.large/subnet-a`. */
  readonly shortPools: readonly string[];
  /** Longest time until DescribeInstances shows a new instance, in milliseconds. */
  readonly shownWithin: number;
  /** Milliseconds from the launch until an instance asks for its row. */
  readonly bootsWithin: readonly [number, number];
  /** Seconds for which an instance installs what its image lacks; 0: a prepared image. */
  readonly installSeconds: number;
}

export const EC2_DEFAULTS: Ec2Options = {
  fleetsPerSecond: 5,
  fleetsAtOnce: 50,
  bucket: 1_000,
  refillPerSecond: 2,
  noSpot: 0,
  noCapacity: 0,
  shortPools: [],
  shownWithin: 3_000,
  bootsWithin: [12_000, 60_000],
  installSeconds: 0,
};

/** DescribeInstances shows terminated instances for an hour. */
const FORGOTTEN_AFTER = 3_600_000;

/** EC2 with client tokens and a check of their parameters, a token bucket, limited capacity, eventual consistency. */
export class Ec2 {
  readonly instances = new Map<string, SimulatedInstance>();
  readonly launchesFor = new Map<string, number>();
  /** Called at every change of an instance's state. */
  onState: (instance: SimulatedInstance) => void = () => undefined;
  onMismatch: (token: string) => void = () => undefined;
  /** Number of launch calls, refused ones included. */
  launchCalls = 0;
  options: Ec2Options;
  readonly requests: Ec2Requests;
  readonly #answers = new Map<string, { readonly parameters: string; readonly answer: FleetAnswer }>();
  #tokens: number;
  #refilledAt: Time;

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    readonly account: AccountQuotas,
    options: Partial<Ec2Options> = {},
  ) {
    this.options = { ...EC2_DEFAULTS, ...options };
    this.requests = new Ec2Requests(this.options);
    this.#tokens = this.options.bucket;
    this.#refilledAt = timeline.now;
  }

  #takeToken(): void {
    const { bucket, refillPerSecond } = this.options;
    const seconds = (this.timeline.now - this.#refilledAt) / 1000;
    this.#tokens = Math.min(bucket, this.#tokens + seconds * refillPerSecond);
    this.#refilledAt = this.timeline.now;
    if (this.#tokens < 1) throw ec2Error("RequestLimitExceeded", 503);
    this.#tokens -= 1;
  }

  createFleet(request: CreateFleetCommandInput): FleetAnswer {
    this.launchCalls += 1;
    if (!this.requests.createFleet.take(this.timeline.now)) throw ec2Error("RequestLimitExceeded", 503);
    this.#takeToken();
    const { ClientToken = "", ...rest } = request;
    const parameters = JSON.stringify(rest);
    const before = this.#answers.get(ClientToken);
    if (before !== undefined && before.parameters !== parameters) {
      this.onMismatch(ClientToken);
      throw ec2Error("IdempotentParameterMismatch");
    }
    const answer = before?.answer ?? this.#launch(request);
    this.#answers.set(ClientToken, { parameters, answer });
    return answer;
  }

  #launch(request: CreateFleetCommandInput): FleetAnswer {
    const isSpot = request.TargetCapacitySpecification?.DefaultTargetCapacityType === "spot";
    const boughtAs: "spot" | "on-demand" = isSpot ? "spot" : "on-demand";
    const isNowhere = this.random.chance(isSpot ? this.options.noSpot : this.options.noCapacity);
    const overrides = overridesOf(request);
    const limit = refusalOf({ boughtAs, vcpus: vcpusOfFleet(overrides[0]?.InstanceType) }, this.account, () =>
      this.#running(),
    );
    if (limit !== undefined)
      return noneLaunched([{ ErrorCode: limit, ErrorMessage: "says the simulated EC2" }]);
    const isShort = (place: Override): boolean =>
      isNowhere || (isSpot && this.options.shortPools.includes(`${place.InstanceType}/${place.SubnetId}`));
    const place = overrides.find((each) => !isShort(each));
    const Errors = overrides.filter(isShort).map(noCapacityIn);
    if (place === undefined) return noneLaunched(Errors);
    const { id } = this.#instance(request, boughtAs, place);
    const LaunchTemplateAndOverrides = { Overrides: place };
    const Instances = [
      { InstanceIds: [id], Lifecycle: boughtAs, LaunchTemplateAndOverrides },
    ] satisfies FleetAnswer["Instances"];
    return { $metadata: {}, FleetId: "fleet", Errors, Instances };
  }

  #running(): readonly SimulatedInstance[] {
    return [...this.instances.values()].filter(({ state }) => state === "pending" || state === "running");
  }

  #instance(
    request: CreateFleetCommandInput,
    boughtAs: "spot" | "on-demand",
    place: Override,
  ): SimulatedInstance {
    const tags =
      request.TagSpecifications?.find(({ ResourceType }) => ResourceType === "instance")?.Tags ?? [];
    const tag = (key: string): string => tags.find(({ Key }) => Key === key)?.Value ?? "";
    const { now } = this.timeline;
    const instance: SimulatedInstance = {
      id: `i-${(this.instances.size + 1).toString(16).padStart(17, "0")}`,
      jobTag: tag(JOB_TAG),
      className: tag("glr:class"),
      tags,
      launchedAt: now,
      boughtAs,
      place,
      vcpus: vcpusOfFleet(place.InstanceType),
      shownFrom: now + this.random.between(0, this.options.shownWithin),
      state: "pending",
    };
    this.instances.set(instance.id, instance);
    this.launchesFor.set(instance.jobTag, (this.launchesFor.get(instance.jobTag) ?? 0) + 1);
    this.onState(instance);
    return instance;
  }

  /** Who is asked for by id need not be looked for among all that ever were. */
  #named(ids: readonly string[]): SimulatedInstance[] {
    return [...new Set(ids)].flatMap((id) => this.instances.get(id) ?? []);
  }

  #shown(among: Iterable<SimulatedInstance>): SimulatedInstance[] {
    const { now } = this.timeline;
    const shown: SimulatedInstance[] = [];
    for (const instance of among) {
      const isForgotten =
        instance.terminatedAt !== undefined && now - instance.terminatedAt > FORGOTTEN_AFTER;
      if (instance.shownFrom <= now && !isForgotten) shown.push(instance);
    }
    return shown;
  }

  describeInstances(request: DescribeInstancesCommandInput): DescribeAnswer {
    const filters = request.Filters ?? [];
    const wanted = (name: string): readonly string[] | undefined =>
      filters.find(({ Name }) => Name === name)?.Values;
    const ids = request.InstanceIds;
    const jobs = wanted(`tag:${JOB_TAG}`);
    const states = wanted("instance-state-name");
    const stacks = wanted(`tag:${STACK_TAG}`);
    const among = ids === undefined ? this.instances.values() : this.#named(ids);
    const found = this.#shown(among).filter((instance) => {
      const hasJob = jobs === undefined || jobs.includes(instance.jobTag);
      const hasState = states === undefined || states.includes(instance.state);
      return hasJob && hasState && (stacks === undefined || this.#isOf(instance, stacks));
    });
    if (ids !== undefined && found.length < ids.length) throw ec2Error("InvalidInstanceID.NotFound");
    const from = Number(request.NextToken ?? 0);
    const size = request.MaxResults ?? found.length;
    return {
      $metadata: {},
      Reservations: found.slice(from, from + size).map((instance) => ({ Instances: [this.#told(instance)] })),
      ...(from + size < found.length ? { NextToken: String(from + size) } : {}),
    };
  }

  #isOf({ tags }: SimulatedInstance, stacks: readonly string[]): boolean {
    return stacks.includes(tags?.find(({ Key }) => Key === STACK_TAG)?.Value ?? "");
  }

  #told(instance: SimulatedInstance): Ec2Instance {
    return {
      InstanceId: instance.id,
      State: { Name: instance.state },
      LaunchTime: new Date(instance.launchedAt),
      Tags: instance.tags,
      ...instance.place,
      ...(instance.boughtAs === "spot" ? { InstanceLifecycle: "spot" } : {}),
    };
  }

  setState(instance: SimulatedInstance, state: StateName): void {
    if (instance.state === "terminated" || instance.state === state) return;
    instance.state = state;
    if (state !== "running") instance.shutDownAt ??= this.timeline.now;
    if (state === "terminated") instance.terminatedAt = this.timeline.now;
    this.onState(instance);
  }

  /** Shuts an instance down; it is terminated some seconds later. */
  shutDown(instance: SimulatedInstance): void {
    if (instance.state === "shutting-down" || instance.state === "terminated") return;
    this.setState(instance, "shutting-down");
    this.timeline.after(this.random.between(5_000, 40_000), () => this.setState(instance, "terminated"));
  }
}
