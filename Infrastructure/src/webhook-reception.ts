import { log } from "../../Core/log";
import { REFUSAL_AGE_MILLISECONDS } from "./secret-cache";
import type { SourceAddressCheck } from "./source-addresses";
import type { PutJobEvent } from "./webhook-bus";
import type { WebhookIds } from "./webhook-ids";
import { bodyOf, headerOf } from "./webhook-request";
import { isWebhookToken, type WebhookSecrets, webhookToken } from "./webhook-secret";
import { isSigned, isTimely, type SignedHead, type SigningKeys, signedHead } from "./webhook-signature";

/** All secrets by which a request may be verified. */
export interface SignedWebhookSecrets {
  readonly keys: SigningKeys;
  /** Checked if the request has an `X-Gitlab-Token` too. */
  readonly tokens: WebhookSecrets;
  readonly isAllowedSource: SourceAddressCheck;
}

export interface ReceptionDependencies {
  /** Undefined: Parameter Store does not answer. With an age: no older secrets. */
  readonly secrets: (maxAgeMilliseconds?: number) => Promise<SignedWebhookSecrets | undefined>;
  readonly ids: WebhookIds;
  readonly put: PutJobEvent;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The result of a request. `accepted`: put on the bus. `repeated`: put before. `inert`: valid signature, but
 * the bus cannot hold the body. `wrong-address`, `unsigned`, `untimely`, `wrong-signature`, `wrong-token`:
 * refused.
 */
export type Reception =
  | "accepted"
  | "repeated"
  | "inert"
  | "wrong-address"
  | "unsigned"
  | "untimely"
  | "wrong-signature"
  | "wrong-token"
  | "secrets-unread"
  | "bus-failed";

const reason = (error: unknown): string => (error instanceof Error ? error.name : "unknown");

type Refusal = Extract<Reception, "wrong-address" | "wrong-signature" | "wrong-token">;

/** The address must be allowed. A token in the request must be valid, as for the authorizer; ignored if none is stored. */
const refusalOf = (
  event: unknown,
  head: SignedHead,
  { keys, tokens, isAllowedSource }: SignedWebhookSecrets,
): Refusal | undefined => {
  if (!isAllowedSource(event)) return "wrong-address";
  if (!isSigned(head, bodyOf(event), keys)) return "wrong-signature";
  const token = webhookToken(event);
  const mayCheck = token !== undefined && Boolean(tokens.current || tokens.previous);
  return mayCheck && !isWebhookToken(token, tokens) ? "wrong-token" : undefined;
};

/** Refuses a request only by secrets just read, never by old ones that could not be read again. */
const prove = async (
  event: unknown,
  head: SignedHead,
  secrets: ReceptionDependencies["secrets"],
): Promise<Refusal | "secrets-unread" | undefined> => {
  const known = await secrets();
  if (known === undefined) return "secrets-unread";
  const refusal = refusalOf(event, head, known);
  if (refusal === undefined) return undefined;
  const newest = await secrets(REFUSAL_AGE_MILLISECONDS);
  return newest === undefined ? "secrets-unread" : refusalOf(event, head, newest);
};

/** The table only saves work: a repeated event starts nothing twice. A failed read counts as not known. */
const isKnown = async (ids: WebhookIds, id: string): Promise<boolean> => {
  try {
    return await ids.isKnown(id);
  } catch (error) {
    log.error("WEBHOOK_ID_UNREAD", { reason: reason(error) });
    return false;
  }
};

const remember = async (ids: WebhookIds, id: string): Promise<void> => {
  try {
    if (!(await ids.remember(id))) log.info("WEBHOOK_PUT_TWICE", { webhookId: id });
  } catch (error) {
    log.error("WEBHOOK_ID_NOT_KEPT", { reason: reason(error) });
  }
};

/**
 * Receives one request of the signed route: checks it, puts its body on the bus, and then stores its id. A
 * resend after a failure has the same id and must not count as a repeat, so the id is stored last.
 *
 * @param event an HTTP API's request event, payload format 2.0
 */
export const receiveWebhook = async (
  { secrets, ids, put, now }: ReceptionDependencies,
  event: unknown,
): Promise<Reception> => {
  const head = signedHead((name) => headerOf(event, name));
  if (head === undefined) return "unsigned";
  if (!isTimely(head, now())) return "untimely";
  const refusal = await prove(event, head, secrets);
  if (refusal !== undefined) return refusal;
  if (await isKnown(ids, head.id)) return "repeated";
  try {
    if (!(await put(bodyOf(event)))) return "inert";
  } catch (error) {
    log.error("WEBHOOK_NOT_PUT", { webhookId: head.id, reason: reason(error) });
    return "bus-failed";
  }
  await remember(ids, head.id);
  return "accepted";
};
