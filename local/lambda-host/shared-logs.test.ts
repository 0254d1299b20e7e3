import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { mockClient } from "aws-sdk-client-mock";
import { sharedLogs } from "./shared-logs";

const setUp = () => {
  const mock = mockClient(CloudWatchLogsClient);
  mock.onAnyCommand().resolves({});
  const clock = { now: Date.UTC(2026, 10, 30) };
  const errors: string[] = [];
  const logs = sharedLogs(
    new CloudWatchLogsClient({ region: "eu-west-1" }),
    () => clock.now,
    (group, error) => errors.push(`${group}: ${String(error)}`),
  );
  const lines = (group: string) =>
    mock
      .commandCalls(PutLogEventsCommand)
      .filter(({ args }) => args[0].input.logGroupName === group)
      .flatMap(({ args }) => args[0].input.logEvents?.map(({ message }) => message) ?? []);
  return { mock, clock, errors, logs, lines };
};

it("writes whole lines, each into its function's group", async () => {
  const { logs, lines } = setUp();
  logs.add("look-up", "one", '{"a":1}\n{"b"');
  logs.add("look-up", "two", "other\n");
  logs.add("start", "one", "x\n");
  logs.add("look-up", "one", ":2}\n");
  await logs.close();
  expect(lines("look-up")).toEqual(['{"a":1}', "other", '{"b":2}']);
  expect(lines("start")).toEqual(["x"]);
});

it("asks the engine for nothing where nothing was said", async () => {
  const { logs, mock } = setUp();
  await logs.flush();
  await logs.close();
  expect(mock.calls()).toHaveLength(0);
});

it("keeps about an hour: the engine forgets nothing by itself", async () => {
  const { logs, mock, clock } = setUp();
  for (let index = 0; index < 10; index += 1) {
    logs.add("g", "e", `line ${index}\n`);
    await logs.flush();
    clock.now += 600_000;
  }
  await logs.close();
  expect(mock.commandCalls(CreateLogStreamCommand)).toHaveLength(10);
  expect(mock.commandCalls(DeleteLogStreamCommand)).toHaveLength(4);
});

it("says once why a group takes nothing, and goes on", async () => {
  const { logs, mock, errors, lines } = setUp();
  mock.on(PutLogEventsCommand, { logGroupName: "gone" }).rejects(new Error("no such group"));
  for (const _ of [1, 2]) {
    logs.add("gone", "e", "line\n");
    logs.add("there", "e", "line\n");
    await logs.flush();
  }
  await logs.close();
  expect(errors).toEqual(["gone: Error: no such group"]);
  expect(lines("there")).toEqual(["line", "line"]);
});
