import { answers, callsOf, failing, run, type Task } from "./interpret";

const EVENT = {
  object_kind: "build",
  build_id: 15_000_000_001,
  build_name: "test 1/3",
  build_status: "pending",
  project_id: 42,
  runner: { id: "" },
};
const ORDER = { jobId: 15_000_000_001, tags: [] };

const looksUp =
  (provider: string): Task =>
  () => ({ kind: "start", provider, order: ORDER });

const LAUNCHED = answers({ kind: "launched", runnerId: 1, resourceId: "r" });
const RECORDED = answers({ kind: "noted" });
const DISPATCHED = answers({ kind: "nobody" });

const start = (tasks: Readonly<Record<string, Task>>) =>
  run("start-runner", EVENT, { "Record failure": RECORDED, "Start next waiting job": DISPATCHED, ...tasks });

it.each([
  ["LAMBDA", "Start Lambda runner"],
  ["EC2", "Start EC2 runner"],
  ["MICROVM", "Start MicroVM runner"],
])("starts a runner on %s with only the order as input", async (provider, state) => {
  const result = await start({ "Look up runner": looksUp(provider), [state]: LAUNCHED });
  expect(result.status).toBe("SUCCEEDED");
  expect(result.calls).toEqual([
    { state: "Look up runner", input: EVENT },
    { state, input: ORDER },
  ]);
});

it("succeeds when there is nothing to start", async () => {
  const result = await start({ "Look up runner": answers({ kind: "nothing", reason: "not ours" }) });
  expect(result.status).toBe("SUCCEEDED");
  expect(result.calls).toHaveLength(1);
});

it("I-22: succeeds when the job has to wait for a slot", async () => {
  const waiting = answers({ kind: "waiting", waitingFor: "slot" });
  const result = await start({ "Look up runner": looksUp("EC2"), "Start EC2 runner": waiting });
  expect(result.status).toBe("SUCCEEDED");
});

it("I-27: fails visibly on an unknown provider and starts nothing", async () => {
  const result = await start({ "Look up runner": looksUp("FARGATE") });
  expect(result.status).toBe("FAILED");
  expect(result.calls.map(({ state }) => state)).toEqual(["Look up runner", "Record failure"]);
  expect(callsOf(result, "Record failure")[0]).toMatchObject({ error: { Error: "ConfigurationError" } });
});

it("I-1: fails when the start says that the job gets no runner", async () => {
  const failed = answers({
    kind: "failed",
    reason: "launch-refused",
    freed: { kind: "slot", classKey: "EC2#default" },
  });
  const result = await start({ "Look up runner": looksUp("EC2"), "Start EC2 runner": failed });
  expect(result).toMatchObject({ status: "FAILED", error: "RunnerNotStarted" });
  expect(callsOf(result, "Start next waiting job")).toEqual([
    { freed: { kind: "slot", classKey: "EC2#default" } },
  ]);
});

it("I-22: dispatches the next job when a failed start released its slot", async () => {
  const result = await start({
    "Look up runner": looksUp("LAMBDA"),
    "Start Lambda runner": failing("ConfigurationError"),
    "Record failure": answers({ kind: "failed", freed: { kind: "slot", classKey: "LAMBDA#default" } }),
  });
  expect(result.status).toBe("FAILED");
  expect(callsOf(result, "Start next waiting job")).toEqual([
    { freed: { kind: "slot", classKey: "LAMBDA#default" } },
  ]);
});

it("fails without failing a job when the next job could not be dispatched", async () => {
  const result = await start({
    "Look up runner": looksUp("EC2"),
    "Start EC2 runner": answers({
      kind: "failed",
      reason: "gitlab-refused",
      freed: { kind: "slot", classKey: "EC2#default" },
    }),
    "Start next waiting job": failing("ConfigurationError"),
  });
  expect(result.status).toBe("FAILED");
  expect(callsOf(result, "Record failure")).toEqual([]);
});

const TASKS = [
  // A burst in an account that runs ten functions at a time waits longest for its first call.
  ["Look up runner", 3, 10],
  ["Start Lambda runner", 2, 5],
  ["Start EC2 runner", 2, 5],
  ["Start MicroVM runner", 2, 2],
  ["Fall back to EC2", 1, 2],
  ["Fall back to Lambda", 1, 2],
] as const;

const ITS_ORDER = { jobId: 1, runnerClass: { type: "the fallback's" } };
const elsewhere = (provider: string): Task =>
  answers({ kind: "elsewhere", lookup: { kind: "start", provider, order: ITS_ORDER } });

const PROVIDER_OF: Readonly<Record<string, string>> = {
  "Start EC2 runner": "EC2",
  "Start MicroVM runner": "MICROVM",
  "Fall back to EC2": "MICROVM",
  "Fall back to Lambda": "MICROVM",
};

/** All that a start by this task needs to go well. */
const around = (state: string): Readonly<Record<string, Task>> => ({
  "Look up runner": looksUp(PROVIDER_OF[state] ?? "LAMBDA"),
  "Start MicroVM runner": state.startsWith("Fall back")
    ? elsewhere(state === "Fall back to EC2" ? "EC2" : "LAMBDA")
    : LAUNCHED,
  ...Object.fromEntries(
    ["Start Lambda runner", "Start EC2 runner", "Fall back to EC2", "Fall back to Lambda"].map((name) => [
      name,
      LAUNCHED,
    ]),
  ),
});

it.each(["Fall back to EC2", "Fall back to Lambda"])(
  "I-2: goes on with another function where no MicroVM is to be had, with the order that the start made: %s",
  async (state) => {
    const result = await start(around(state));
    expect(result.status).toBe("SUCCEEDED");
    expect(result.calls).toEqual([
      { state: "Look up runner", input: EVENT },
      { state: "Start MicroVM runner", input: ORDER },
      { state, input: ITS_ORDER },
    ]);
  },
);

describe.each(TASKS)("%s", (state, tries, throttledTries) => {
  it.each([
    ["TransientError", tries],
    ["Lambda.ServiceException", tries],
    ["Lambda.AWSLambdaException", tries],
    ["Lambda.SdkClientException", tries],
    ["Lambda.TooManyRequestsException", throttledTries],
    ["ConfigurationError", 1],
    ["InvalidInputError", 1],
    ["NoAnswerError", 1],
    ["ThrottledError", 1],
    ["Lambda.Unknown", 1],
    ["States.Timeout", 1],
    ["SomethingElse", 1],
  ])("I-25: on %s tries %i times, records the failure and fails", async (error, times) => {
    const result = await start({ ...around(state), [state]: failing(error) });
    expect(result).toMatchObject({ status: "FAILED", error: "RunnerNotStarted" });
    expect(callsOf(result, state)).toHaveLength(times);
    const [recorded, ...more] = callsOf(result, "Record failure");
    expect(more).toEqual([]);
    expect(recorded).toMatchObject({ event: EVENT, error: { Error: error } });
  });

  it("I-25: continues when a retry succeeds", async () => {
    const error = tries === 1 ? "Lambda.TooManyRequestsException" : "TransientError";
    const good = around(state)[state];
    const once: Task = (input, call) => (call === 1 ? failing(error)(input, call) : good?.(input, call));
    const result = await start({ ...around(state), [state]: once });
    expect(result.status).toBe("SUCCEEDED");
    expect(callsOf(result, "Record failure")).toEqual([]);
  });
});

it("tells the recorder whether the look-up failed", async () => {
  const lookUp = await start({ ...around(""), "Look up runner": failing("ConfigurationError") });
  expect(callsOf(lookUp, "Record failure")[0]?.event).not.toHaveProperty("lookup");
  const started = await start({ ...around(""), "Start Lambda runner": failing("ConfigurationError") });
  expect(callsOf(started, "Record failure")[0]?.event).toHaveProperty("lookup.order", ORDER);
});

it.each(["TransientError", "ConfigurationError", "States.Timeout"])(
  "fails when the failure cannot be recorded for %s",
  async (error) => {
    const result = await start({
      "Look up runner": failing("ConfigurationError"),
      "Record failure": failing(error),
    });
    expect(result).toMatchObject({ status: "FAILED", error: "RunnerNotStarted" });
    expect(callsOf(result, "Start next waiting job")).toEqual([]);
  },
);

it("I-13: fails with a fixed text, never with text of a function or of a job's author", async () => {
  const result = await start({ "Look up runner": failing("glrt-secret") });
  expect(result.error).toBe("RunnerNotStarted");
});
