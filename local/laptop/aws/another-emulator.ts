import { jsonReader, type ReadPath } from "../../deployed";
import { ACCOUNT_ID, REGION } from "../../engine/ministack";
import { engineCredential } from "../../gateway";
import { readHttpApis } from "../../webhook-api/read-apis";
import { clientSettings } from "../client-settings";
import type { Aws, AwsSettings, Ec2Part } from "./aws";
import { clientEnv } from "./client-env";
import { startOpenEc2 } from "./open-ec2";

/** Emulators take any secret; MiniStack takes an access key of twelve digits as the account's id. */
const CREDENTIALS = { accessKeyId: ACCOUNT_ID, secretAccessKey: "test" };

const sixHours = (): number => Date.now() + 6 * 3_600_000;

const pathReader =
  (endpoint: string): ReadPath =>
  async (service, path) => {
    const authorization = engineCredential(ACCOUNT_ID, REGION, service);
    const answer = await fetch(new URL(path, endpoint), { headers: { authorization } });
    if (!answer.ok) throw new Error(`The emulator answers ${answer.status} to GET ${path} of ${service}`);
    return Buffer.from(await answer.arrayBuffer());
  };

/** Uses an emulator that runs already. Nothing stands before it, so nobody's rights are asked for. */
export const useAnotherEmulator = async (endpoint: string, { log, apiOrigin }: AwsSettings): Promise<Aws> => {
  log(
    `AWS_ENDPOINT_URL names an emulator, which is used: ${endpoint}. Rights (IAM) are not enforced there; unset the variable to have them enforced.`,
  );
  let ec2: Ec2Part | undefined;
  const open = await startOpenEc2(endpoint, () => ec2);
  const readPath = pathReader(endpoint);
  const env = clientEnv(endpoint, open.endpoint, CREDENTIALS);
  return {
    endpoint,
    env,
    samEnv: env,
    asAws: clientSettings(env),
    hasIam: false,
    authorize: async () => ({ kind: "allowed" }),
    readPath,
    httpApis: () => readHttpApis(jsonReader(readPath), apiOrigin),
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
    // Nothing leads there: an emulator answers these calls itself.
    setMicroVms: () => undefined,
    close: () => open.close(),
  };
};
