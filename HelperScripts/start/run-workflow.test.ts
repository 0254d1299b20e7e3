import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SFNClient, StartSyncExecutionCommand } from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import type { StartOutcome } from "../../AutoScaler/src/queue/start-outcome";
import { parseJobEvent } from "../../Core/model/job-event";
import type { RunnerLookup } from "../../Core/model/runner-order";
import { awsClients } from "../aws-clients";
import { runStartWorkflow, type StartInput } from "./run-workflow";

const ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:start";
const INPUT: StartInput = { jobId: 12, projectId: 42, jobName: "unit tests" };

const prepare = () => {
  const client = new SFNClient({ region: "eu-west-1" });
  const mock = mockClient(client);
  mock.onAnyCommand().rejects(new Error("Unplanned call"));
  const answer = (output: { outcome?: StartOutcome; lookup?: RunnerLookup }) =>
    mock
      .on(StartSyncExecutionCommand)
      .resolves({ status: "SUCCEEDED", output: JSON.stringify({ build_id: 12, ...output }) });
  return { mock, answer, run: (input = INPUT) => runStartWorkflow(client, ARN, input) };
};

describe("the start workflow, run for one job", () => {
  it("gets what a rule would hand it, and waits longer than the five minutes that it may take", async () => {
    const { mock, answer, run } = prepare();
    answer({ lookup: { kind: "nothing", reason: "job-not-pending" } });
    await run();
    const [call] = mock.commandCalls(StartSyncExecutionCommand);
    expect(call?.args[0].input.stateMachineArn).toBe(ARN);
    const input = JSON.parse(call?.args[0].input.input ?? "");
    expect(input).not.toHaveProperty("again");
    expect(parseJobEvent(input)).toEqual({
      jobId: 12,
      projectId: 42,
      jobName: "unit tests",
      status: "pending",
    });
    expect(call?.args).toMatchObject([{}, { requestTimeout: 310_000 }]);
  });

  it("F-36: names the attempt after which one more is wanted", async () => {
    const { mock, answer, run } = prepare();
    answer({ outcome: { kind: "nothing", reason: "under-way" } });
    await run({ ...INPUT, again: 3 });
    const [call] = mock.commandCalls(StartSyncExecutionCommand);
    expect(parseJobEvent(JSON.parse(call?.args[0].input.input ?? ""))).toMatchObject({ again: 3 });
  });

  it.each<[StartOutcome, object]>([
    [
      { kind: "launched", runnerId: 9001, resourceId: "i-1", freed: { kind: "launch" } },
      { kind: "started", runnerId: 9001, resourceId: "i-1" },
    ],
    [
      { kind: "waiting", waitingFor: "starts-on" },
      { kind: "waiting", waitingFor: "starts-on" },
    ],
    [
      { kind: "nothing", reason: "under-way" },
      { kind: "nothing", reason: "under-way" },
    ],
  ])("reads the outcome %j", async (outcome, expected) => {
    const { answer, run } = prepare();
    answer({ outcome });
    expect(await run()).toEqual(expected);
  });

  it("reads a look-up that found nothing to start", async () => {
    const { answer, run } = prepare();
    answer({ lookup: { kind: "nothing", reason: "unmapped" } });
    expect(await run()).toEqual({ kind: "nothing", reason: "unmapped" });
  });

  it.each([
    ["FAILED", { kind: "failed" }],
    ["TIMED_OUT", { kind: "timed-out" }],
  ] as const)("takes %s for no start", async (status, expected) => {
    const { mock, run } = prepare();
    mock.on(StartSyncExecutionCommand).resolves({ status, error: "RunnerNotStarted", cause: "See the logs" });
    expect(await run()).toEqual(expected);
  });

  it.each(["{}", "[]", '{"outcome":{"kind":"levitated"}}'])(
    "says of the answer %s that it is another version's",
    async (output) => {
      const { mock, run } = prepare();
      mock.on(StartSyncExecutionCommand).resolves({ status: "SUCCEEDED", output });
      await expect(run()).rejects.toMatchObject({ name: "TransientError" });
    },
  );

  it("goes to the endpoint that is set, under its own name", async () => {
    const hosts: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      hosts.push(request.headers.host);
      request.resume().on("end", () => response.end('{"status":"FAILED"}'));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const environment = process.env;
    process.env = {
      ...environment,
      AWS_ENDPOINT_URL: `http://${host}`,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    };
    try {
      const client = awsClients(process.env).stepFunctions();
      expect(await runStartWorkflow(client, ARN, INPUT)).toEqual({ kind: "failed" });
    } finally {
      process.env = environment;
      server.closeAllConnections();
      server.close();
    }
    expect(hosts).toEqual([host]);
  });
});
