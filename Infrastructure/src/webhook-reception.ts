import { log } from "../../Core/log";
import type { PutJobEvent } from "./webhook-bus";
import type { WebhookIds } from "./webhook-ids";
import { bodyOf, headerOf } from "./webhook-request";
import { isWebhookToken, type WebhookSecrets, webhookToken } from "./webhook-secret";
import { isSigned, isTimely, type SignedHead, type SigningKeys, signedHead } from "./webhook-signature";

/** All that a sender may prove itself with. */
export interface SignedWebhookSecrets {
  readonly keys: SigningKeys;
  /** Checked where the request brings `X-Gitlab-Token` too. */
  readonly tokens: WebhookSecrets;
}

export interface ReceptionDependencies {
  /** Undefined: Parameter Store does not answer. With an age: secrets that are not older. */
  readonly secrets: (maxAgeMilliseconds?: number) => Promise<SignedWebhookSecrets | undefined>;
  readonly ids: WebhookIds;
  readonly isAllowedAddress: (event: unknown) => boolean;
  readonly put: PutJobEvent;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * What became of a request. `accepted`: on the bus. `repeated`: it was there before. `inert`: rightly signed, and
 * nothing that the bus could hold. `wrong-address`, `unsigned`, `untimely`, `wrong-signature`, `wrong-token`: refused.
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

/** A key that was just changed is known this soon; a flood of wrong signatures reads no oftener. */
const NEW_KEY_MILLISECONDS = 5_000;

const reason = (error: unknown): string => (error instanceof Error ? error.name : "unknown");

type Refusal = Extract<Reception, "wrong-signature" | "wrong-token">;

/** A token that is sent must be right, as on the route with the authorizer; where none is stored, it proves nothing. */
const refusalOf = (
  event: unknown,
  head: SignedHead,
  { keys, tokens }: SignedWebhookSecrets,
): Refusal | undefined => {
  if (!isSigned(head, bodyOf(event), keys)) return "wrong-signature";
  const token = webhookToken(event);
  const mayCheck = token !== undefined && Boolean(tokens.current || tokens.previous);
  return mayCheck && !isWebhookToken(token, tokens) ? "wrong-token" : undefined;
};

/** A request is refused by secrets that were just read alone, never by old ones that Parameter Store cannot renew. */
const prove = async (
  event: unknown,
  head: SignedHead,
  secrets: ReceptionDependencies["secrets"],
): Promise<Refusal | "secrets-unread" | undefined> => {
  const known = await secrets();
  if (known === undefined) return "secrets-unread";
  const refusal = refusalOf(event, head, known);
  if (refusal === undefined) return undefined;
  const newest = await secrets(NEW_KEY_MILLISECONDS);
  return newest === undefined ? "secrets-unread" : refusalOf(event, head, newest);
};

/** The table spares work and nothing more: an event that comes twice starts nothing twice, one that is lost waits. */
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
 * Receives one request of the signed route: checks it, puts its body on the bus, and then remembers its id. In
 * this order, because a resend after a failure carries the same id and must not be taken for a repetition.
 *
 * @param event an HTTP API's request event, payload format 2.0
 */
export const receiveWebhook = async (
  { secrets, ids, isAllowedAddress, put, now }: ReceptionDependencies,
  event: unknown,
): Promise<Reception> => {
  if (!isAllowedAddress(event)) return "wrong-address";
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
