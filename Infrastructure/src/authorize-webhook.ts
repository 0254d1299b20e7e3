import { PARAMETERS } from "../../Core/configuration";
import { readEnv } from "../../Core/env";
import { log, metric } from "../../Core/log";
import { parameterStore, readParameters } from "./parameter-store";
import { REFUSAL_AGE_MILLISECONDS, secretCache } from "./secret-cache";
import { allowedSources, type SourceAddressCheck } from "./source-addresses";
import { isWebhookToken, type WebhookSecrets, webhookToken } from "./webhook-secret";

const { configurationPath } = readEnv(process.env, { configurationPath: "CONFIGURATION_PATH" });
const current = `${configurationPath}/${PARAMETERS.webhookSecret}`;
const previous = `${configurationPath}/${PARAMETERS.webhookSecretPrevious}`;
const addresses = `${configurationPath}/${PARAMETERS.allowedSourceAddresses}`;

/** What a request is admitted by. */
interface Admission extends WebhookSecrets {
  readonly isAllowedSource: SourceAddressCheck;
}

const stored = (values: ReadonlyMap<string, string>, name: string): string =>
  // A value stored from a file ends with the file's line end, which no header can contain.
  (values.get(name) ?? "").replace(/\r?\n$/, "");

const client = parameterStore();

const readSecrets = async (): Promise<Admission> => {
  const values = await readParameters(client, [current, previous, addresses]);
  return {
    current: stored(values, current),
    previous: stored(values, previous),
    isAllowedSource: allowedSources(stored(values, addresses)),
  };
};

const secrets = secretCache<Admission>({
  read: readSecrets,
  now: () => Date.now(),
  onFailure: (error) =>
    log.error("WEBHOOK_SECRET_UNREAD", { reason: error instanceof Error ? error.message : "unknown" }),
});

const isAdmittedBy = (event: unknown, admission: Admission): boolean =>
  admission.isAllowedSource(event) && isWebhookToken(webhookToken(event), admission);

/** Admits by secrets that may be older, and refuses by those just read alone. Undefined: they could not be read. */
const isAdmitted = async (event: unknown): Promise<boolean | undefined> => {
  const known = await secrets();
  if (known === undefined) return undefined;
  if (isAdmittedBy(event, known)) return true;
  const newest = await secrets(REFUSAL_AGE_MILLISECONDS);
  if (newest?.current === "") log.error("WEBHOOK_SECRET_MISSING", { parameter: current });
  return newest && isAdmittedBy(event, newest);
};

/** The schedule's call. API Gateway's events have no such field, whatever a request holds. */
const isCallToGetReady = (event: unknown): boolean =>
  typeof event === "object" && event !== null && "getReady" in event;

/** Reads the secrets anew, if they are not just read: until the next call a request finds them here. */
const getReady = async (): Promise<void> => void (await secrets(REFUSAL_AGE_MILLISECONDS));

/**
 * The HTTP API's authorizer: payload format 2.0, simple response. It admits a request that has one of the
 * webhook secrets in `X-Gitlab-Token` and, if addresses are listed in Parameter Store, comes from one of them. It never logs the event or
 * the header. A schedule calls it every minute too, so that an environment is ready: a burst that meets none is refused until the
 * first one has started and asked Parameter Store, and in an account with ten concurrent executions GitLab then switches the webhook off.
 *
 * @throws Error if no secret could be read. The API then answers 500 and asks again at the next request; a refusal it
 *   would keep, under the right token, and GitLab switches a webhook off after four of them.
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export const handler = async (event: unknown): Promise<{ readonly isAuthorized: boolean }> => {
  if (isCallToGetReady(event)) {
    await getReady();
    return { isAuthorized: false };
  }
  const isAuthorized = await isAdmitted(event);
  if (isAuthorized === undefined) throw new Error(`${current} could not be read`);
  if (!isAuthorized) metric("WebhookDenied");
  return { isAuthorized };
};
