import { PARAMETERS } from "../../Core/configuration";
import { readEnv } from "../../Core/env";
import { ConfigurationError } from "../../Core/errors";
import { log, metric } from "../../Core/log";
import { parameterStore, readParameters } from "./parameter-store";
import { REFUSAL_AGE_MILLISECONDS, secretCache } from "./secret-cache";
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
  now: () => Date.now(),
  onFailure: (error) =>
    log.error("WEBHOOK_SECRET_UNREAD", { reason: error instanceof Error ? error.message : "unknown" }),
});

/** Admits by secrets that may be older, and refuses by those just read alone. Undefined: they could not be read. */
const hasSecret = async (token: unknown): Promise<boolean | undefined> => {
  const known = await secrets();
  if (known === undefined) return undefined;
  if (isWebhookToken(token, known)) return true;
  const newest = await secrets(REFUSAL_AGE_MILLISECONDS);
  return newest && isWebhookToken(token, newest);
};

const isAllowed = (event: unknown): boolean => {
  try {
    return isAllowedAddress(event);
  } catch (error) {
    if (error instanceof ConfigurationError) log.error("WEBHOOK_REFUSED_ALL", { reason: error.message });
    return false;
  }
};

/**
 * The HTTP API's authorizer: payload format 2.0, simple response. It admits a request that has one of the
 * webhook secrets in `X-Gitlab-Token` and, if a list is set, comes from an allowed address. It never logs the event or
 * the header.
 *
 * @throws Error if no secret could be read. The API then answers 500 and asks again at the next request; a refusal it
 *   would keep, under the right token, and GitLab switches a webhook off after four of them.
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export const handler = async (event: unknown): Promise<{ readonly isAuthorized: boolean }> => {
  const isAuthorized = isAllowed(event) && (await hasSecret(webhookToken(event)));
  if (isAuthorized === undefined) throw new Error(`${current} could not be read`);
  if (!isAuthorized) metric("WebhookDenied");
  return { isAuthorized };
};
