import type { Ec2ProviderSettings } from "../adapters/ec2/provider";
import { stsCacheAccess } from "../adapters/sts/cache-access";
import { stsClient } from "../adapters/sts/client";
import type { MicroVmImages } from "../ports";
import type { StartOutcome } from "../queue/start-outcome";
import { PoolMemory } from "../spot/pool-memory";
import type { ProtectedRefs } from "../start/protected-ref";
import { pricesLater } from "./prices-later";
import { GITLAB_VARIABLES } from "./wiring";

export const START_VARIABLES = {
  ...GITLAB_VARIABLES,
  deploymentId: "DEPLOYMENT_ID",
  ledgerTable: "LEDGER_TABLE",
  bootstrapTable: "BOOTSTRAP_TABLE",
  cacheRoleArn: "CACHE_ROLE_ARN",
  cacheBucket: "CACHE_BUCKET",
} as const;

export const EC2_VARIABLES = {
  templateArm64: "LAUNCH_TEMPLATE_ARM64",
  templateX86: "LAUNCH_TEMPLATE_X86_64",
  versionArm64: "LAUNCH_TEMPLATE_VERSION_ARM64",
  versionX86: "LAUNCH_TEMPLATE_VERSION_X86_64",
  subnetIds: "SUBNET_IDS",
  rootDeviceName: "ROOT_DEVICE_NAME",
  roleId: "RUNNER_ROLE_ID",
} as const;

/** Which refs are protected, kept for all starts of this process. */
export const protectedRefs: ProtectedRefs = new Map();

/** The log fields of a start's outcome: what it hands to the workflow stays out. */
export const outcomeFields = (result: StartOutcome) => {
  if (result.kind === "elsewhere") {
    const { provider: fallback, order } = result.lookup;
    return { outcome: result.kind, fallback, reason: order.fallbackBy };
  }
  const { kind: outcome, freed: _, ...told } = result;
  const { events: __, ...fields } = "events" in told ? told : { ...told, events: undefined };
  return { outcome, ...fields };
};

/** What this process knows of prices. */
export const prices = pricesLater(process.env.AWS_REGION ?? "");

/** Of the starts that launch no MicroVM. */
export const NO_IMAGES: MicroVmImages = { image: async () => undefined };

/** What this process knows of spot pools. */
export const spotPools = new PoolMemory();

/** The cache's credentials. `load` begins to load STS's client, which is needed while GitLab creates the runner. */
export const cacheOf = (
  { cacheRoleArn, cacheBucket }: Readonly<Record<"cacheRoleArn" | "cacheBucket", string>>,
  region = "",
) => {
  const sts = stsClient();
  const settings = { roleArn: cacheRoleArn, bucket: cacheBucket, region };
  return { load: sts.load, cacheAccess: stsCacheAccess(sts, settings) };
};

type Ec2Env = Readonly<Record<keyof typeof EC2_VARIABLES | "deploymentId", string>>;

export const fleetSettings = (env: Ec2Env): Ec2ProviderSettings => ({
  deploymentId: env.deploymentId,
  launchTemplates: {
    arm64: { id: env.templateArm64, version: env.versionArm64 },
    x86_64: { id: env.templateX86, version: env.versionX86 },
  },
  subnetIds: [...new Set(env.subnetIds.split(",").map((id) => id.trim()))],
  rootDeviceName: env.rootDeviceName,
  roleId: env.roleId,
});
