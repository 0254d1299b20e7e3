import { createHash } from "node:crypto";
import { CLASS_TAG, EXPIRES_TAG, JOB_TAG, STACK_TAG } from "../../../../Core/configuration";
import { ConfigurationError } from "../../../../Core/errors";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { Architecture, Ec2Settings } from "../../../../Core/model/runner-class";
import { spotPool } from "../../../../Core/model/spot-pool";
import type { BoughtAs } from "../../../../Core/pricing/prices";
import { LAUNCH_TIMEOUT_SECONDS, LIFETIME_MARGIN_SECONDS } from "../../../../Core/queue/retry-schedule";
import type { CreateFleetCommandInput } from "./client";

/** A launch template of the stack. The version is a number as text, since a fleet accepts no default. */
export interface LaunchTemplate {
  readonly id: string;
  readonly version: string;
}

export interface FleetSettings {
  readonly deploymentId: string;
  readonly launchTemplates: Readonly<Record<Architecture, LaunchTemplate>>;
  readonly subnetIds: readonly string[];
  /** Name of the image's root device. A disk under another name would be a second disk. */
  readonly rootDeviceName: string;
}

/** At most 64 ASCII characters: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
const TOKEN_LENGTH = 64;
const DIGEST_LENGTH = 20;

/**
 * The client token of one launch call. It depends on deployment, job, attempt, round and market alone (I-18).
 *
 * @example "glr-3580121225-1-0-spot-1f0c9d4be2a7c6d50e13"
 */
export const clientToken = (deploymentId: string, runner: StartedRunner, boughtAs: BoughtAs): string => {
  const { jobId, attempt } = runner.launchedFor;
  const readable = `${jobId}-${attempt}-${runner.launchRound}-${boughtAs}`;
  const digest = createHash("sha256").update(`${deploymentId}\n${readable}`).digest("hex");
  return `glr-${readable}-${digest.slice(0, DIGEST_LENGTH)}`.slice(0, TOKEN_LENGTH);
};

/** The value of the tag `glr:job`, by which an instance is found when the launch's answer was lost. */
export const jobTag = (runner: StartedRunner): string =>
  `${runner.launchedFor.jobId}-${runner.launchedFor.attempt}`;

/**
 * When the instance is overdue, had it been launched at the last moment: however long its launch was held back, it has
 * not expired within its lifetime. It depends on stored fields alone, so that a repeated launch has the same tag.
 */
const expires = (runner: StartedRunner): string => {
  const created = runner.times.CREATED ?? runner.times.STARTING ?? 0;
  const { lifetimeSeconds } = runner.order.runnerClass;
  const seconds = LAUNCH_TIMEOUT_SECONDS + lifetimeSeconds + LIFETIME_MARGIN_SECONDS;
  return new Date(created + seconds * 1000).toISOString();
};

const tagSpecifications = (
  deploymentId: string,
  runner: StartedRunner,
): CreateFleetCommandInput["TagSpecifications"] => {
  const { jobId, attempt } = runner.launchedFor;
  const tags = [
    { Key: "Name", Value: `gitlab-runner job ${jobId} attempt ${attempt}` },
    { Key: STACK_TAG, Value: deploymentId },
    { Key: CLASS_TAG, Value: runner.order.runnerClass.name },
    { Key: JOB_TAG, Value: jobTag(runner) },
    { Key: EXPIRES_TAG, Value: expires(runner) },
  ];
  // No `spot-instances-request`: an on-demand launch with it fails.
  return [
    { ResourceType: "instance", Tags: tags },
    { ResourceType: "volume", Tags: tags },
  ];
};

interface PoolParts {
  readonly instanceType: string;
  readonly subnetId: string;
}

const override = (
  rootDeviceName: string,
  { diskGiB, imageId }: Ec2Settings,
  { instanceType, subnetId }: PoolParts,
) => ({
  ...(imageId === undefined ? {} : { ImageId: imageId }),
  // The SDK's list of types lags behind EC2's, so any name is accepted.
  InstanceType: instanceType as never,
  SubnetId: subnetId,
  BlockDeviceMappings: [
    {
      DeviceName: rootDeviceName,
      Ebs: { VolumeSize: diskGiB, VolumeType: "gp3" as const, Encrypted: true, DeleteOnTermination: true },
    },
  ],
});

const allPools = (subnetIds: readonly string[], { instanceTypes }: Ec2Settings): readonly PoolParts[] =>
  instanceTypes.flatMap((instanceType) => subnetIds.map((subnetId) => ({ instanceType, subnetId })));

const ec2Settings = (runner: StartedRunner): Ec2Settings => {
  const { name, ec2 } = runner.order.runnerClass;
  if (ec2 !== undefined) return ec2;
  throw new ConfigurationError(`The class ${name} has no EC2 settings: upload its row again`);
};

/** The spot pools that do not rest. All of them, where every pool rests and the class allows spot alone. */
const openPools = (
  pools: readonly PoolParts[],
  { restingPools = [], order }: StartedRunner,
): readonly PoolParts[] => {
  const open = pools.filter(
    ({ instanceType, subnetId }) => !restingPools.includes(spotPool(instanceType, subnetId)),
  );
  return open.length === 0 && order.runnerClass.ec2?.market === "spot" ? pools : open;
};

/**
 * The markets to ask, in this order: on-demand first for a job that spot has lost once, and on-demand alone while
 * every spot pool rests.
 */
export const marketsOf = ({ subnetIds }: FleetSettings, runner: StartedRunner): readonly BoughtAs[] => {
  const ec2 = ec2Settings(runner);
  if (ec2.market !== "spot-first") return [ec2.market];
  const hasSpot = openPools(allPools(subnetIds, ec2), runner).length > 0;
  if (!hasSpot) return ["on-demand"];
  return runner.afterSpotLoss ? ["on-demand", "spot"] : ["spot", "on-demand"];
};

/**
 * The CreateFleet request for a runner's one instance: the class's types × the stack's subnets, in their
 * order; as spot without the pools that rest. A pure function of the stored runner and the stack's settings.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
 */
export const fleetRequest = (
  settings: FleetSettings,
  runner: StartedRunner,
  boughtAs: BoughtAs,
): CreateFleetCommandInput => {
  const ec2 = ec2Settings(runner);
  const template = settings.launchTemplates[ec2.architecture];
  const all = allPools(settings.subnetIds, ec2);
  const pools = boughtAs === "spot" ? openPools(all, runner) : all;
  return {
    Type: "instant",
    ClientToken: clientToken(settings.deploymentId, runner, boughtAs),
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateId: template.id, Version: template.version },
        Overrides: pools.map((pool) => override(settings.rootDeviceName, ec2, pool)),
      },
    ],
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: boughtAs },
    ...(boughtAs === "spot"
      ? { SpotOptions: { AllocationStrategy: "price-capacity-optimized" } }
      : { OnDemandOptions: { AllocationStrategy: "lowest-price" } }),
    TagSpecifications: tagSpecifications(settings.deploymentId, runner),
  };
};
