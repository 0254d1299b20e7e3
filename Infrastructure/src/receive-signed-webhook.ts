import { PARAMETERS } from "../../Core/configuration";
import { readEnv } from "../../Core/env";
import { signingKey } from "../../Core/gitlab/webhook-signature";
import { deploymentMetric, log } from "../../Core/log";
import { parameterStore, readParameters } from "./parameter-store";
import { secretCache } from "./secret-cache";
import { allowedSources } from "./source-addresses";
import { webhookBus, webhookBusClient } from "./webhook-bus";
import { webhookIds, webhookIdsClient } from "./webhook-ids";
import { type Reception, receiveWebhook, type SignedWebhookSecrets } from "./webhook-reception";

const { configurationPath, deploymentId, eventBusName, webhookIdTable } = readEnv(process.env, {
  configurationPath: "CONFIGURATION_PATH",
  deploymentId: "DEPLOYMENT_ID",
  eventBusName: "EVENT_BUS_NAME",
  webhookIdTable: "WEBHOOK_ID_TABLE",
});
const pathOf = (name: keyof typeof PARAMETERS): string => `${configurationPath}/${PARAMETERS[name]}`;
const NAMES = {
  current: pathOf("webhookSigningKey"),
  previous: pathOf("webhookSigningKeyPrevious"),
  token: pathOf("webhookSecret"),
  previousToken: pathOf("webhookSecretPrevious"),
  addresses: pathOf("allowedSourceAddresses"),
};

/** Less than the authorizer's: table and bus follow within the function's eight seconds. */
const PARAMETER_STORE_MILLISECONDS = 2_000;

const now = (): number => Date.now();
const metric = deploymentMetric(deploymentId);
const client = parameterStore();

const keyOf = (parameter: string, text: string | undefined): Buffer | undefined => {
  const key = text === undefined ? undefined : signingKey(text);
  if (text !== undefined && key === undefined) log.error("WEBHOOK_SIGNING_KEY_INVALID", { parameter });
  return key;
};

const readSecrets = async (): Promise<SignedWebhookSecrets> => {
  const values = await readParameters(client, Object.values(NAMES), PARAMETER_STORE_MILLISECONDS);
  // A value stored from a file ends with the file's line end, which no header can contain.
  const stored = (name: string): string | undefined => values.get(name)?.replace(/\r?\n$/, "");
  if (stored(NAMES.current) === undefined)
    log.warn("WEBHOOK_SIGNING_KEY_MISSING", { parameter: NAMES.current });
  return {
    keys: {
      current: keyOf(NAMES.current, stored(NAMES.current)),
      previous: keyOf(NAMES.previous, stored(NAMES.previous)),
    },
    tokens: { current: stored(NAMES.token) ?? "", previous: stored(NAMES.previousToken) ?? "" },
    isAllowedSource: allowedSources(stored(NAMES.addresses) ?? ""),
  };
};

const dependencies = {
  secrets: secretCache<SignedWebhookSecrets>({
    read: readSecrets,
    now,
    onFailure: (error) =>
      log.error("WEBHOOK_SIGNING_KEY_UNREAD", { reason: error instanceof Error ? error.message : "unknown" }),
  }),
  ids: webhookIds(webhookIdsClient(), webhookIdTable, now),
  put: webhookBus(webhookBusClient(), eventBusName),
  now,
};

const STATUSES: Readonly<Record<Reception, number>> = {
  accepted: 200,
  repeated: 200,
  inert: 200,
  "wrong-address": 403,
  unsigned: 401,
  untimely: 403,
  "wrong-signature": 403,
  "wrong-token": 403,
  "secrets-unread": 500,
  "bus-failed": 500,
};
const MESSAGES: Readonly<Record<number, string>> = {
  200: "OK",
  401: "Unauthorized",
  403: "Forbidden",
  500: "Internal Server Error",
};

/** An HTTP API's answer in payload format 2.0. */
export interface WebhookAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * `POST /signed-webhook` of the HTTP API: puts a job event with a valid signature on the bus. Of the request
 * only `webhook-id` is ever logged. Answers 500 if Parameter Store or the bus fails, so that GitLab shows the
 * delivery as failed and it can be sent again.
 */
export const handler = async (event: unknown): Promise<WebhookAnswer> => {
  const reception = await receiveWebhook(dependencies, event);
  const statusCode = STATUSES[reception];
  const isRefused = statusCode === 401 || statusCode === 403;
  if (isRefused) metric("SignedWebhooksRefused", 1, { Reason: reception });
  else log.info("WEBHOOK_RECEIVED", { reception });
  const message = MESSAGES[statusCode] ?? "";
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify({ message }) };
};
