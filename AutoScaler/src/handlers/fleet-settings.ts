import type { Ec2ProviderSettings } from "../adapters/ec2/provider";

export const EC2_VARIABLES = {
  templateArm64: "LAUNCH_TEMPLATE_ARM64",
  templateX86: "LAUNCH_TEMPLATE_X86_64",
  versionArm64: "LAUNCH_TEMPLATE_VERSION_ARM64",
  versionX86: "LAUNCH_TEMPLATE_VERSION_X86_64",
  subnetIds: "SUBNET_IDS",
  rootDeviceName: "ROOT_DEVICE_NAME",
  roleId: "RUNNER_ROLE_ID",
} as const;

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
