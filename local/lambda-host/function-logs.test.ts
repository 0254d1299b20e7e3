import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { mockClient } from "aws-sdk-client-mock";
import { type CallOutcome, crashed, timedOut } from "./call";
import { functionLogs, platformReport } from "./function-logs";

const ID = "6f1c0000-0000-4000-8000-000000000000";
const NOW = new Date(Date.UTC(2026, 10, 29));
const settings = {
  functionName: "f",
  roleArn: "",
  handler: "",
  functionId: "F",
  code: { kind: "image" as const, uri: "" },
  isolatesTenants: false,
  timeoutSeconds: 60,
  memoryMiB: 128,
  variables: {},
  logGroup: "runners",
  logsJson: true,
};

describe("platformReport", () => {
  it.each<readonly [string, CallOutcome]>([
    ["success", { result: null }],
    ["error", { error: { errorType: "TransientError", errorMessage: "" } }],
    ["failure", crashed("SIGKILL")],
    ["timeout", timedOut(900)],
  ])("says %s as Lambda does", (status, outcome) => {
    expect(JSON.parse(platformReport(ID, outcome, NOW))).toMatchObject({
      time: "2026-11-29T00:00:00.000Z",
      type: "platform.report",
      record: { requestId: ID, status },
    });
  });
});

describe("functionLogs", () => {
  const written = async (changes: Partial<typeof settings> = {}): Promise<readonly string[]> => {
    const mock = mockClient(CloudWatchLogsClient);
    mock.on(CreateLogStreamCommand).resolves({});
    mock.on(PutLogEventsCommand).resolves({});
    const logs = functionLogs({ region: "eu-west-1" });
    await logs.write({ ...settings, ...changes }, ID, "one\ntwo\n", { result: null });
    const [call] = mock.commandCalls(PutLogEventsCommand);
    return (call?.args[0].input.logEvents ?? []).map(({ message = "" }) => message);
  };

  it("writes what the function wrote and Lambda's line behind it, into one stream", async () => {
    expect(await written()).toEqual(["one", "two", expect.stringContaining('"platform.report"')]);
  });

  it("writes no line of Lambda's in the text format, as no subscription reads it", async () => {
    expect(await written({ logsJson: false })).toEqual(["one", "two"]);
  });
});
