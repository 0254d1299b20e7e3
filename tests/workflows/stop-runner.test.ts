import { answers, callsOf, failing, run, type Task } from "./interpret";

const EVENT = { runnerId: 7, resourceId: "", reason: "left" };

const finds = (...runnerIds: readonly number[]): Task =>
  answers({ runners: runnerIds.map((runnerId) => ({ runnerId, reason: "left", isDead: false })) });
const unregisters =
  (changes: Record<string, unknown> = {}): Task =>
  ({ runnerId }) => ({ kind: "unregistered", runnerId, provider: "EC2", reason: "left", ...changes });
const terminates =
  (changes: Record<string, unknown> = {}): Task =>
  ({ runnerId }) => ({ kind: "terminated", runnerId, provider: "EC2", ...changes });

const stop = (tasks: Readonly<Record<string, Task>>) =>
  run("stop-runner", EVENT, {
    "Find runner": finds(7),
    "Unregister runner": unregisters(),
    "Terminate instance": terminates(),
    "Record failure": answers({ kind: "noted" }),
    "Record failed end": answers({ kind: "noted" }),
    "Start next waiting job": answers({ kind: "nobody" }),
    ...tasks,
  });

it("I-20: unregisters first, then terminates, then dispatches the next job of the class", async () => {
  const result = await stop({
    "Terminate instance": terminates({ freed: { kind: "slot", classKey: "EC2#default" } }),
  });
  expect(result.status).toBe("SUCCEEDED");
  expect(result.calls.map(({ state }) => state)).toEqual([
    "Find runner",
    "Unregister runner",
    "Terminate instance",
    "Start next waiting job",
  ]);
  expect(callsOf(result, "Find runner")).toEqual([EVENT]);
  expect(callsOf(result, "Unregister runner")).toEqual([{ runnerId: 7, reason: "left", isDead: false }]);
  expect(callsOf(result, "Start next waiting job")).toEqual([
    { freed: { kind: "slot", classKey: "EC2#default" } },
  ]);
});

it("succeeds when no runner is found", async () => {
  const result = await stop({ "Find runner": finds() });
  expect(result.status).toBe("SUCCEEDED");
  expect(result.calls).toHaveLength(1);
});

it.each([
  ["I-3: a busy runner", { kind: "busy" }],
  ["one that is left to the next pass", { kind: "left" }],
  ["one that is already gone", { kind: "absent" }],
  ["a Lambda runner", { provider: "LAMBDA" }],
  ["one whose provider is unknown", { provider: undefined }],
])("terminates nothing for %s", async (_, changes) => {
  const result = await stop({ "Unregister runner": unregisters(changes) });
  expect(result.status).toBe("SUCCEEDED");
  expect(callsOf(result, "Terminate instance")).toEqual([]);
  expect(callsOf(result, "Start next waiting job")).toEqual([]);
});

it("I-22: dispatches the next job when a Lambda runner is gone", async () => {
  const result = await stop({
    "Unregister runner": unregisters({
      kind: "absent",
      provider: "LAMBDA",
      freed: { kind: "slot", classKey: "LAMBDA#default" },
    }),
  });
  expect(callsOf(result, "Start next waiting job")).toEqual([
    { freed: { kind: "slot", classKey: "LAMBDA#default" } },
  ]);
});

it("I-24: ends the other runners when one cannot be ended, and fails all the same", async () => {
  const one: Task = (input, call) =>
    input.runnerId === 7 ? failing("ConfigurationError")(input, call) : unregisters()(input, call);
  const result = await stop({ "Find runner": finds(7, 8, 9), "Unregister runner": one });
  expect(result).toMatchObject({ status: "FAILED", error: "RunnerNotEnded" });
  expect(callsOf(result, "Terminate instance").map(({ runnerId }) => runnerId)).toEqual([8, 9]);
  expect(callsOf(result, "Record failed end")).toHaveLength(1);
});

const REPORT = { resourceId: "request-1", status: "success", environment: "e", reason: "invocation-ended" };

const report = (tasks: Readonly<Record<string, Task>>) =>
  run("stop-runner", REPORT, {
    "Record end report": answers({ kind: "wait", runnerId: 7, waitSeconds: 45 }),
    "Find runner": finds(7),
    "Unregister runner": unregisters({ provider: "LAMBDA" }),
    "Record failure": answers({ kind: "noted" }),
    ...tasks,
  });

describe("a report that an invocation has ended", () => {
  it("I-23: is taken down, then the runner has time for a sign of life, then its end is looked for", async () => {
    const result = await report({});
    expect(result).toMatchObject({ status: "SUCCEEDED", waits: [45] });
    expect(result.calls.map(({ state }) => state)).toEqual([
      "Record end report",
      "Find runner",
      "Unregister runner",
    ]);
    expect(callsOf(result, "Record end report")).toEqual([REPORT]);
    expect(callsOf(result, "Find runner")).toMatchObject([REPORT]);
  });

  it("I-25: is followed no further where there is no runner to look at", async () => {
    const result = await report({ "Record end report": answers({ kind: "dropped", reason: "ending" }) });
    expect(result).toMatchObject({ status: "SUCCEEDED", waits: [] });
    expect(result.calls).toHaveLength(1);
  });

  it.each([
    ["TransientError", 2],
    ["Lambda.TooManyRequestsException", 3],
    ["ConfigurationError", 1],
    ["States.Timeout", 1],
  ])("I-25: that meets %s is tried %i times, recorded as a failure and given up", async (error, times) => {
    const result = await report({ "Record end report": failing(error) });
    expect(result).toMatchObject({ status: "FAILED", error: "RunnerNotEnded", waits: [] });
    expect(callsOf(result, "Record end report")).toHaveLength(times);
    expect(callsOf(result, "Record failure")).toHaveLength(1);
  });

  it("is not what any other event is taken for", async () => {
    const job = { object_kind: "build", build_id: 1, build_status: "success", project_id: 1 };
    const tasks = { "Find runner": finds() };
    expect(callsOf(await run("stop-runner", job, tasks), "Find runner")).toEqual([job]);
  });
});

const TASKS = [
  ["Find runner", 2, 4, "Record failure"],
  ["Unregister runner", 2, 3, "Record failed end"],
  ["Terminate instance", 2, 3, "Record failed end"],
] as const;

describe.each(TASKS)("%s", (state, tries, throttledTries, recorder) => {
  it.each([
    ["TransientError", tries],
    ["Lambda.ServiceException", tries],
    ["Lambda.AWSLambdaException", tries],
    ["Lambda.SdkClientException", tries],
    ["Lambda.TooManyRequestsException", throttledTries],
    ["ConfigurationError", 1],
    ["InvalidInputError", 1],
    ["ThrottledError", 1],
    ["Lambda.Unknown", 1],
    ["States.Timeout", 1],
    ["SomethingElse", 1],
  ])("I-25: on %s tries %i times, records the failure and fails", async (error, times) => {
    const result = await stop({ [state]: failing(error) });
    expect(result).toMatchObject({ status: "FAILED", error: "RunnerNotEnded" });
    expect(callsOf(result, state)).toHaveLength(times);
    const [recorded, ...more] = callsOf(result, recorder);
    expect(more).toEqual([]);
    expect(recorded).toMatchObject({ error: { Error: error } });
  });

  it.each(["TransientError", "ConfigurationError"])(
    "fails when the failure cannot be recorded for %s",
    async (error) => {
      const result = await stop({ [state]: failing("ConfigurationError"), [recorder]: failing(error) });
      expect(result).toMatchObject({ status: "FAILED", error: "RunnerNotEnded" });
    },
  );
});

it("fails when the next job could not be dispatched, without recording a failed end", async () => {
  const result = await stop({
    "Terminate instance": terminates({ freed: { kind: "slot", classKey: "EC2#default" } }),
    "Start next waiting job": failing("ConfigurationError"),
  });
  expect(result.status).toBe("FAILED");
  expect(callsOf(result, "Record failed end")).toEqual([]);
});
