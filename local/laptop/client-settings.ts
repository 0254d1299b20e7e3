import type { Agent } from "node:http";
import { defined } from "../../Core/defined";

/** Settings of an AWS SDK client. */
export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** The agent of what reaches the engine on its socket. */
  readonly requestHandler?: { readonly httpAgent: Agent };
}

/** Settings of a client by variables as the laptop gives them out. */
export const clientSettings = (env: Readonly<Record<string, string>>): ClientSettings => ({
  endpoint: env.AWS_ENDPOINT_URL ?? "",
  region: env.AWS_REGION ?? "",
  credentials: {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
    ...defined({ sessionToken: env.AWS_SESSION_TOKEN }),
  },
});
