import { randomBytes } from "node:crypto";
import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { CallOutcome, FunctionSettings } from "./call";

/** Writes into the deployed functions' log groups what Lambda would: subscriptions of the groups see it. */
export interface FunctionLogs {
  /** @param output what the function itself wrote in the call */
  write(settings: FunctionSettings, requestId: string, output: string, outcome: CallOutcome): Promise<void>;
  close(): void;
}

const STATUSES: Readonly<Record<string, string>> = {
  "Sandbox.Timedout": "timeout",
  "Runtime.ExitError": "failure",
};

/**
 * Lambda's own line of a call's end, in its JSON format.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
 */
export const platformReport = (requestId: string, outcome: CallOutcome, now: Date): string => {
  const error = "error" in outcome ? outcome.error : undefined;
  const status = error === undefined ? "success" : (STATUSES[error.errorType] ?? "error");
  const record = { requestId, status, ...(error ? { errorType: error.errorType } : {}) };
  return JSON.stringify({ time: now.toISOString(), type: "platform.report", record });
};

/** As Lambda names an environment's stream. Every call has an environment of its own here. */
const streamName = (now: Date): string =>
  `${now.toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${randomBytes(16).toString("hex")}`;

export const functionLogs = (config: CloudWatchLogsClientConfig): FunctionLogs => {
  const client = new CloudWatchLogsClient({ maxAttempts: 3, ...config });
  return {
    write: async ({ logGroup: logGroupName, logsJson }, requestId, output, outcome) => {
      const now = new Date();
      const own = output.split("\n").filter((line) => line !== "");
      const lines = [...own, ...(logsJson ? [platformReport(requestId, outcome, now)] : [])];
      if (logGroupName === undefined || lines.length === 0) return;
      const at = { logGroupName, logStreamName: streamName(now) };
      const logEvents = lines.map((message) => ({ timestamp: now.getTime(), message }));
      await client.send(new CreateLogStreamCommand(at));
      await client.send(new PutLogEventsCommand({ ...at, logEvents }));
    },
    close: () => client.destroy(),
  };
};
