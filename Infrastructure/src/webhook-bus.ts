import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

/** Puts one job event as the API's own integration does. @returns false if the bus cannot hold such a body */
export type PutJobEvent = (body: Buffer) => Promise<boolean>;

/** EventBridge's limit for an entry, less the fields around the body. */
const MAX_BODY_BYTES = 1_048_576 - 1_024;

const TIMEOUT_MILLISECONDS = 1_000;

export const webhookBusClient = (): EventBridgeClient =>
  new EventBridgeClient({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: TIMEOUT_MILLISECONDS,
      requestTimeout: TIMEOUT_MILLISECONDS,
      throwOnRequestTimeout: true,
    },
  });

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a JSON object; undefined for anything else. */
const objectText = (body: Buffer): string | undefined => {
  try {
    const text = utf8.decode(body);
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? text : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Puts events under the API's own source and detail type. The detail is the body as sent.
 *
 * @throws Error if the bus did not accept an event that it can hold
 */
export const webhookBus =
  (client: Pick<EventBridgeClient, "send">, EventBusName: string): PutJobEvent =>
  async (body) => {
    const Detail = body.length > MAX_BODY_BYTES ? undefined : objectText(body);
    if (Detail === undefined) return false;
    const entry = { EventBusName, Source: "gitlab.webhook", DetailType: "GitLabJobEvent", Detail };
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (!FailedEntryCount) return true;
    const code = Entries?.[0]?.ErrorCode ?? "unknown";
    // Nested more deeply than EventBridge accepts: a retry would not help.
    if (code === "MalformedDetail") return false;
    throw new Error(`The bus refused the event (${code})`);
  };
