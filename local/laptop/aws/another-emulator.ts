import { ACCOUNT_ID } from "../../engine/ministack";
import { clientSettings } from "../client-settings";
import type { Aws, AwsSettings, Ec2Part } from "./aws";
import { clientEnv } from "./client-env";
import { startOpenEc2 } from "./open-ec2";

/** Emulators take any secret; MiniStack takes an access key of twelve digits as the account's id. */
const CREDENTIALS = { accessKeyId: ACCOUNT_ID, secretAccessKey: "test" };

const sixHours = (): number => Date.now() + 6 * 3_600_000;

/** Uses an emulator that runs already. Nothing stands before it, so nobody's rights are asked for. */
export const useAnotherEmulator = async (endpoint: string, { log }: AwsSettings): Promise<Aws> => {
  log(
    `AWS_ENDPOINT_URL names an emulator, which is used: ${endpoint}. Rights (IAM) are not enforced there; unset the variable to have them enforced.`,
  );
  let ec2: Ec2Part | undefined;
  const open = await startOpenEc2(endpoint, () => ec2);
  const env = clientEnv(endpoint, open.endpoint, CREDENTIALS);
  return {
    endpoint,
    env,
    samEnv: env,
    asAws: clientSettings(env),
    hasIam: false,
    authorize: async () => ({ kind: "allowed" }),
    takeRights: () => {
      throw new Error("Rights can be taken away from the laptop's own engine alone: unset AWS_ENDPOINT_URL");
    },
    allRights: async () => [],
    sessionEnv: async () => env,
    instanceCredentials: async () => ({
      AccessKeyId: CREDENTIALS.accessKeyId,
      SecretAccessKey: CREDENTIALS.secretAccessKey,
      Token: "none",
      expiresAt: sixHours(),
    }),
    setEc2: (part) => {
      ec2 = part;
    },
    close: () => open.close(),
  };
};
