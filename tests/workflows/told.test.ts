import { answers, callsOf, failing, run, type Task } from "./interpret";

/** What each path of the two workflows tells others. The functions make the entries: here any will do. */

const ENTRIES = [{ DetailType: "one" }, { DetailType: "another" }];
const PENDING = { object_kind: "build", build_id: 7, build_status: "pending", project_id: 42 };
const FREED = { freed: { kind: "slot", classKey: "EC2#default" } };
const LOOKED_UP = answers({ kind: "start", provider: "EC2", order: { jobId: 7 } });
const REFUSED = failing("ConfigurationError");

type Tasks = Readonly<Record<string, Task>>;

const TOLD = answers({ FailedEntryCount: 0 });

const start = (tasks: Tasks) =>
  run("start-runner", PENDING, {
    "Look up runner": LOOKED_UP,
    "Start next waiting job": answers({ kind: "nobody" }),
    "Record failure": answers({ kind: "noted" }),
    "Tell others": TOLD,
    ...tasks,
  });

const stop = (tasks: Tasks, runnerIds = [7]) =>
  run(
    "stop-runner",
    { runnerId: 7, reason: "left" },
    {
      "Find runner": answers({ runners: runnerIds.map((runnerId) => ({ runnerId })) }),
      "Unregister runner": answers({ kind: "unregistered", provider: "EC2" }),
      "Terminate instance": answers({ kind: "terminated", events: ENTRIES }),
      "Start next waiting job": answers({ kind: "nobody" }),
      "Record failed end": answers({ kind: "noted" }),
      "Tell others": TOLD,
      ...tasks,
    },
  );

const EVENTS = { events: ENTRIES };

it.each<[string, Tasks, string]>([
  ["a launch", { "Start EC2 runner": answers({ kind: "launched", ...EVENTS }) }, "SUCCEEDED"],
  [
    "a launch that dispatches the next job",
    { "Start EC2 runner": answers({ kind: "launched", ...EVENTS, ...FREED }) },
    "SUCCEEDED",
  ],
  ["a start that fails for good", { "Start EC2 runner": answers({ kind: "failed", ...EVENTS }) }, "FAILED"],
  [
    "a look-up that cannot succeed",
    { "Look up runner": REFUSED, "Record failure": answers({ kind: "failed", ...EVENTS }) },
    "FAILED",
  ],
  [
    "a start after which the next job cannot be dispatched",
    {
      "Start EC2 runner": answers({ kind: "failed", ...EVENTS, ...FREED }),
      "Start next waiting job": REFUSED,
    },
    "FAILED",
  ],
])("the start workflow tells of %s once", async (_, tasks, status) => {
  const result = await start(tasks);
  expect(callsOf(result, "Tell others")).toEqual([{ Entries: ENTRIES }]);
  expect(result.status).toBe(status);
});

it.each<[string, Tasks]>([
  ["a job that is none of ours", { "Look up runner": answers({ kind: "nothing", reason: "unmapped" }) }],
  ["a job that waits", { "Start EC2 runner": answers({ kind: "waiting", waitingFor: "slot" }) }],
  ["a failure that is tried again", { "Look up runner": REFUSED }],
  [
    "a failure that cannot be recorded",
    { "Look up runner": REFUSED, "Record failure": failing("TransientError") },
  ],
])("the start workflow tells nobody of %s", async (_, tasks) => {
  expect(callsOf(await start(tasks), "Tell others")).toEqual([]);
});

it.each<[string, Tasks, string]>([
  ["an instance", {}, "SUCCEEDED"],
  [
    "a Lambda runner",
    { "Unregister runner": answers({ kind: "unregistered", provider: "LAMBDA", ...EVENTS }) },
    "SUCCEEDED",
  ],
  [
    "a runner after which the next job is dispatched",
    { "Terminate instance": answers({ kind: "terminated", ...EVENTS, ...FREED }) },
    "SUCCEEDED",
  ],
  [
    "a runner after which it cannot be dispatched",
    {
      "Terminate instance": answers({ kind: "terminated", ...EVENTS, ...FREED }),
      "Start next waiting job": REFUSED,
    },
    "FAILED",
  ],
])("the stop workflow tells of the end of %s once", async (_, tasks, status) => {
  const result = await stop(tasks);
  expect(callsOf(result, "Tell others")).toEqual([{ Entries: ENTRIES }]);
  expect(result.status).toBe(status);
});

it("the stop workflow tells of each of several runners", async () => {
  expect(callsOf(await stop({}, [7, 8, 9]), "Tell others")).toHaveLength(3);
});

it.each<[string, Tasks]>([
  ["a busy runner", { "Unregister runner": answers({ kind: "busy" }) }],
  ["a runner that was gone before", { "Terminate instance": answers({ kind: "terminated" }) }],
  ["an end that failed", { "Terminate instance": REFUSED }],
])("the stop workflow tells nobody of %s", async (_, tasks) => {
  expect(callsOf(await stop(tasks), "Tell others")).toEqual([]);
});

it.each(["EventBridge.FailedEntry", "EventBridge.AccessDeniedException", "States.Timeout"])(
  "goes on as ever where others could not be told: %s",
  async (error) => {
    const silent = { "Tell others": failing(error) };
    const launched = answers({ kind: "launched", ...EVENTS });
    expect(await start({ "Start EC2 runner": launched, ...silent })).toMatchObject({ status: "SUCCEEDED" });
    expect(await stop(silent)).toMatchObject({ status: "SUCCEEDED" });
  },
);

it("names the execution to whoever records its failure, since the workflow's own log names nothing else", async () => {
  const execution = expect.stringMatching(/^arn:aws:states:\S+:express:/);
  const started = await start({ "Look up runner": REFUSED });
  expect(callsOf(started, "Record failure")).toMatchObject([{ execution }]);
  const stopped = await stop({ "Unregister runner": REFUSED });
  expect(callsOf(stopped, "Record failed end")).toMatchObject([{ execution }]);
});
