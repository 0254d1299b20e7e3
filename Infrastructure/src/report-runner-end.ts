import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { readEnv } from "../../Core/env";
import { log } from "../../Core/log";
import { endsIn, type InvocationEnd } from "./end-reports";

const { eventBusName } = readEnv(process.env, { eventBusName: "EVENT_BUS_NAME" });

/** EventBridge accepts ten entries a call. */
const ENTRIES_PER_CALL = 10;
const TIMEOUT_MILLISECONDS = 1_000;

const client = new EventBridgeClient({
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: TIMEOUT_MILLISECONDS,
    requestTimeout: TIMEOUT_MILLISECONDS,
    throwOnRequestTimeout: true,
  },
});

const entry = (end: InvocationEnd) => ({
  EventBusName: eventBusName,
  Source: "gitlab.runner-report",
  DetailType: "InvocationEnded",
  Detail: JSON.stringify(end),
});

const put = async (ends: readonly InvocationEnd[]): Promise<void> => {
  const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: ends.map(entry) }));
  if (!FailedEntryCount) return;
  const codes = [...new Set((Entries ?? []).flatMap(({ ErrorCode }) => ErrorCode ?? []))];
  throw new Error(`The bus refused ${FailedEntryCount} of ${ends.length} events (${codes.join(", ")})`);
};

/**
 * Called by CloudWatch Logs with lines of the runner functions' logs. Puts each end on the bus and decides
 * nothing: GitLab's answer later shows whether the runner is dead.
 *
 * @throws Error if the bus did not accept an event: the call is retried, and a repeated end changes
 *   nothing
 */
export const handler = async (event: unknown): Promise<void> => {
  const ends = endsIn(event);
  for (let start = 0; start < ends.length; start += ENTRIES_PER_CALL) {
    await put(ends.slice(start, start + ENTRIES_PER_CALL));
  }
  for (const { requestId, status } of ends) log.info("INVOCATION_ENDED", { requestId, status });
};
