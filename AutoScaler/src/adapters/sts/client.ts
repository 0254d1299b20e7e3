import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from "@aws-sdk/client-sts";
import { loadLater } from "../load-later";

/** The part of STS's API that the product uses. */
export interface StsApi {
  assumeRole(input: AssumeRoleCommandInput): Promise<AssumeRoleCommandOutput>;
}

/** STS's client, loaded with the first call, or by `load`. */
export const stsClient = (): StsApi & { readonly load: () => void } => {
  const api = loadLater("The STS client", async () => (await import("./sdk")).stsSdk());
  return { load: api.begin, assumeRole: async (input) => (await api.get()).assumeRole(input) };
};
