import { defined } from "../../../Core/defined";
import { REGION } from "../../engine/ministack";
import type { Credentials } from "../../gateway";

type Env = Readonly<Record<string, string>>;

/** Variables with which AWS's tools and SDKs use the laptop, and look at nothing of the user's own. */
export const clientEnv = (endpoint: string, ec2Endpoint: string, credentials: Credentials): Env => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_EC2: ec2Endpoint,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  ...defined({ AWS_SESSION_TOKEN: credentials.sessionToken }),
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
});
