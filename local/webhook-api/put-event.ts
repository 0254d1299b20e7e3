import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

/** EventBridge's limit for the entries of one call. */
const MAX_ENTRY_BYTES = 1_048_576;

export interface WebhookApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

const MALFORMED = {
  FailedEntryCount: 1,
  Entries: [{ ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." }],
};

const TOO_LARGE = { message: "Total size of the entries in the request is over the limit." };

/**
 * The integration EventBridge-PutEvents, with two refusals that the engine does not have. A detail that is not a JSON
 * object fails as an entry, in an answer with 200. A detail that is too large fails the call.
 */
export const eventPutter =
  (client: EventBridgeClient, requestParameters: Readonly<Record<string, string>>) =>
  async (body: string): Promise<WebhookApiAnswer> => {
    const filled = Object.entries(requestParameters).map(([name, value]) => [
      name,
      value === "$request.body" ? body : value,
    ]);
    const entry: Record<string, string> = Object.fromEntries(filled);
    const size = Object.values(entry).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    if (size >= MAX_ENTRY_BYTES) return { status: 400, body: TOO_LARGE };
    if (!isJsonObject(entry.Detail ?? "")) return { status: 200, body: MALFORMED };
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    return { status: 200, body: { FailedEntryCount, Entries } };
  };
