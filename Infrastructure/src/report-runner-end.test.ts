import { gzipSync } from "node:zlib";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";

const bus = mockClient(EventBridgeClient);
const before = { ...process.env };
let printed: string[];

beforeEach(() => {
  Object.assign(process.env, { EVENT_BUS_NAME: "runners-a", AWS_REGION: "eu-west-1" });
  printed = [];
  jest.spyOn(process.stdout, "write").mockImplementation((line) => printed.push(String(line)) > 0);
  bus.reset();
  bus.onAnyCommand().rejects(new Error("Unplanned call"));
  bus.on(PutEventsCommand).callsFake(({ Entries }: { Entries: readonly unknown[] }) => {
    if (Entries.length === 0 || Entries.length > 10) throw new Error(`${Entries.length} entries`);
    return { FailedEntryCount: 0, Entries: [] };
  });
});
afterEach(() => {
  process.env = { ...before };
  jest.restoreAllMocks();
});

const handler = (event: unknown): Promise<void> => require("./report-runner-end").handler(event);

const requestId = (n: number): string => `6f1c0000-0000-4000-8000-${String(n).padStart(12, "0")}`;
/** A delivery of the log subscription with the reports of so many invocations. */
const delivery = (count: number) => {
  const logEvents = Array.from({ length: count }, (_, n) => ({
    message: JSON.stringify({
      type: "platform.report",
      record: { requestId: requestId(n), status: "success" },
    }),
  }));
  const data = { messageType: "DATA_MESSAGE", logStream: "stream", logEvents };
  return { awslogs: { data: gzipSync(JSON.stringify(data)).toString("base64") } };
};
const entries = () => bus.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries ?? []);

describe("report-runner-end", () => {
  it("I-23: puts each end on the bus once, ten in a call, as the rule for ends takes it", async () => {
    await handler(delivery(12));
    expect(entries().map(({ length }) => length)).toEqual([10, 2]);
    const ends = entries().flat();
    expect(ends.map(({ Detail }) => JSON.parse(Detail ?? "").requestId)).toEqual(
      Array.from({ length: 12 }, (_, n) => requestId(n)),
    );
    expect(ends[0]).toMatchObject({
      EventBusName: "runners-a",
      Source: "gitlab.runner-report",
      DetailType: "InvocationEnded",
    });
    expect(JSON.parse(ends[0]?.Detail ?? "")).toEqual({
      requestId: requestId(0),
      status: "success",
      environment: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    const lines = printed.map((line) => JSON.parse(line));
    expect(lines.filter(({ code }) => code === "INVOCATION_ENDED")).toHaveLength(12);
  });

  it("asks nobody when a delivery reports no end", async () => {
    for (const event of [delivery(0), {}, null]) await handler(event);
    expect(bus.calls()).toEqual([]);
  });

  it("F-8: throws, so that Lambda calls it again, when the bus refused one end of several", async () => {
    bus.on(PutEventsCommand).resolves({
      FailedEntryCount: 1,
      Entries: [{ EventId: "1" }, { ErrorCode: "ThrottlingException" }, { ErrorCode: "ThrottlingException" }],
    });
    await expect(handler(delivery(3))).rejects.toThrow("The bus refused 1 of 3 events (ThrottlingException)");
    expect(printed).toEqual([]);
  });
});
