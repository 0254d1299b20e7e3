import { PARAMETERS } from "../../Core/configuration";
import { readEnv } from "../../Core/env";
import { ConfigurationError } from "../../Core/errors";
import { log, metric } from "../../Core/log";
import { parameterStore, readParameters } from "./parameter-store";
import { secretCache } from "./secret-cache";
import { sourceAddressCheck } from "./source-addresses";
import { isWebhookToken, type WebhookSecrets, webhookToken } from "./webhook-secret";

const { configurationPath } = readEnv(process.env, { configurationPath: "CONFIGURATION_PATH" });
const current = `${configurationPath}/${PARAMETERS.webhookSecret}`;
const previous = `${configurationPath}/${PARAMETERS.webhookSecretPrevious}`;

const stored = (values: ReadonlyMap<string, string>, name: string): string =>
  // A value stored from a file ends with the file's line end, which no header can contain.
  (values.get(name) ?? "").replace(/\r?\n$/, "");

const isAllowedAddress = sourceAddressCheck(process.env.ALLOWED_SOURCE_ADDRESSES ?? "");

const client = parameterStore();

const readSecrets = async (): Promise<WebhookSecrets> => {
  const values = await readParameters(client, [current, previous]);
  if (!stored(values, current)) log.error("WEBHOOK_SECRET_MISSING", { parameter: current });
  return { current: stored(values, current), previous: stored(values, previous) };
};

const secrets = secretCache<WebhookSecrets>({
  read: readSecrets,
  none: {},
  now: () => Date.now(),
  onFailure: (error) =>
    log.error("WEBHOOK_SECRET_UNREAD", { reason: error instanceof Error ? error.message : "unknown" }),
});

/**
 * The HTTP API's authorizer: payload format 2.0, simple response. It admits a request that has one of the
 * webhook secrets in `X-Gitlab-Token` and, if a list is set, comes from an allowed address. In doubt it
 * refuses. It never logs the event or the header.
 */
export const handler = async (event: unknown): Promise<{ readonly isAuthorized: boolean }> => {
  try {
    const isAuthorized = isAllowedAddress(event) && isWebhookToken(webhookToken(event), await secrets());
    if (!isAuthorized) metric("WebhookDenied");
    return { isAuthorized };
  } catch (error) {
    if (error instanceof ConfigurationError) log.error("WEBHOOK_REFUSED_ALL", { reason: error.message });
    metric("WebhookDenied");
    return { isAuthorized: false };
  }
};
