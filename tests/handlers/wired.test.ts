import { unmarshall } from "@aws-sdk/util-dynamodb";
import { encode } from "../../Core/ledger/codec";
import { dayOf, daysAfter } from "../../Core/usage/days";
import { usageKey } from "../../Core/usage/usage-key";
import { type StandIn, startGitLab } from "../../local/gitlab";
import { runnerProcess } from "../../local/gitlab/testing";
import { BOOTSTRAP_TABLE, LEDGER_TABLE, MAPPING_TABLE } from "../doubles/dynamodb/stack-tables";
import { DEPLOYMENT, type HandlersOnLoopback, openHandlers, ROLE_ID } from "./handlers-on-loopback";

const PROJECT = 7;

let gitLab: StandIn;
let on: HandlersOnLoopback;
let log: jest.SpyInstance;

beforeAll(async () => {
  gitLab = await startGitLab();
  on = await openHandlers(gitLab);
  const row = { pk: { S: "job#image build" }, sk: { S: "tags#docker" }, type: { S: "EC2" } };
  on.aws.tables.run("PutItem", { TableName: MAPPING_TABLE, Item: row });
});
beforeEach(() => {
  log = jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => log.mockRestore());
afterAll(async () => {
  await on?.close();
  await gitLab?.close();
});

const call = async (name: string, input: unknown): Promise<Record<string, unknown>> =>
  (await on.handlers[name]?.(input)) as Record<string, unknown>;

const createJob = (name: string, tags: readonly string[] = []): number =>
  gitLab.createPipeline(PROJECT, [{ name, tags, script: ["true"] }])[0]?.id ?? 0;

const event = (jobId: number, status: string) => ({
  source: "gitlab.webhook",
  object_kind: "build",
  build_id: jobId,
  build_name: "a job",
  build_status: status,
  project_id: PROJECT,
  runner: { id: "" },
  attempt: "",
});

const rows = (table: string): readonly Record<string, unknown>[] =>
  [...on.aws.tables.items(table).values()].map((item) => unmarshall(item));
const keysOfRows = (): readonly unknown[] => rows(BOOTSTRAP_TABLE).map(({ key }) => key);
const runnerOf = (jobId: number): Record<string, unknown> =>
  rows(LEDGER_TABLE).find((row) => row.kind === "runner" && row.jobId === jobId) ?? {};

/** Takes a row as a runner does. */
const takeRow = (key: unknown): string => {
  const Key = { key: { S: String(key) } };
  const found = on.aws.tables.run("DeleteItem", { TableName: BOOTSTRAP_TABLE, Key, ReturnValues: "ALL_OLD" });
  return (found as { Attributes?: { token: { S: string } } }).Attributes?.token.S ?? "";
};

/** The loopback has no price list, and EC2's history of spot prices is the laptop's. */
it("keeps what AWS tells of prices, and says which part it was not told", async () => {
  const { outcome, kept, notKept } = await call("keep-prices", {});
  expect([outcome, kept, notKept]).toEqual([
    "partly",
    ["mapping", "functions", "spot-history"],
    ["zones", "price-list"],
  ]);
  const { value } = rows(LEDGER_TABLE).find(({ pk }) => pk === "state#prices") ?? {};
  expect(value).toMatchObject({
    region: "eu-west-1",
    spot: { instances: { "m7g.large": { "eu-west-1a": 0.0364, "eu-west-1b": 0.04095 } } },
  });
});

const look = async (jobId: number, provider: string): Promise<unknown> => {
  const lookup = await call("look-up-runner", event(jobId, "pending"));
  expect(lookup).toMatchObject({ kind: "start", provider });
  return lookup.order;
};

it("I-6 I-18: a job's runner goes through every function, each with the tables that are its own", async () => {
  const jobId = createJob("image build", ["docker"]);
  const order = await look(jobId, "EC2");
  expect(await call("start-ec2-runner", order)).toMatchObject({ kind: "launched" });
  const [instance] = on.aws.ec2.instances();
  // The nonce's row has become the instance's.
  expect(keysOfRows()).toEqual([`${ROLE_ID}:${instance?.instanceId}`]);
  expect(runnerOf(jobId)).toMatchObject({ state: "STARTING", resourceId: instance?.instanceId });

  const runner = runnerProcess(gitLab, takeRow(keysOfRows()[0]));
  const { body: job } = await runner.ask();
  expect(job.id).toBe(jobId);
  await runner.put(job, "running");
  expect(await call("record-pick-up", event(jobId, "running"))).toMatchObject({ kind: "noted" });
  expect(runnerOf(jobId)).toMatchObject({ state: "BUSY", busyJobId: jobId });
  await runner.put(job, "success");

  const { runners } = (await call("find-runner", event(jobId, "success"))) as { runners: unknown[] };
  const ended = await call("unregister-runner", runners[0]);
  expect(ended).toMatchObject({ kind: "unregistered", resourceId: instance?.instanceId });
  expect(await call("terminate-instance", ended)).toMatchObject({ kind: "terminated" });
  expect(runnerOf(jobId)).toMatchObject({ state: "GONE" });
  expect(gitLab.runners()).toEqual([]);
  expect(on.aws.ec2.running()).toBe(0);
  const freed = { kind: "slot", classKey: "EC2#default" };
  expect(await call("start-next-job", { freed })).toEqual({ kind: "nobody" });
});

it("I-5 T-8: the row of an instance that died before it took it is removed", async () => {
  const jobId = createJob("image build", ["docker"]);
  await call("start-ec2-runner", await look(jobId, "EC2"));
  const { resourceId } = runnerOf(jobId);
  expect(keysOfRows()).toEqual([`${ROLE_ID}:${resourceId}`]);
  on.aws.ec2.control({ terminate: [String(resourceId)] });
  const death = { resourceId, reason: "instance-terminated" };
  const { runners } = (await call("find-runner", death)) as { runners: unknown[] };
  expect(runners).toMatchObject([{ isDead: true }]);
  expect(await call("unregister-runner", runners[0])).toMatchObject({ kind: "unregistered", resourceId });
  expect(keysOfRows()).toEqual([]);
  gitLab.cancelJob(jobId);
});

it("I-6 T-8: a Lambda runner's row waits under its nonce; its end's report is stored with it", async () => {
  const jobId = createJob("any");
  const order = await look(jobId, "LAMBDA");
  expect(await call("start-lambda-runner", order)).toMatchObject({ kind: "launched" });
  const { nonce, runnerId, resourceId } = runnerOf(jobId);
  expect(keysOfRows()).toEqual([nonce]);
  expect(await call("record-end-report", { resourceId, status: "success", environment: "e" })).toMatchObject({
    runnerId,
  });
  expect(runnerOf(jobId)).toMatchObject({ endReport: { environment: "e" } });
});

it("I-5 T-8: the row of a launch that Lambda refuses is taken back", async () => {
  const jobId = createJob("refused");
  const before = keysOfRows();
  on.aws.invocationError = "ResourceNotFoundException";
  const started = await call("start-lambda-runner", await look(jobId, "LAMBDA"));
  on.aws.invocationError = undefined;
  expect(started).toMatchObject({ kind: "failed", reason: "function-missing" });
  expect(keysOfRows()).toEqual(before);
  gitLab.cancelJob(jobId);
});

it("I-8: the failure of a claimed job is written to the ledger", async () => {
  const jobId = createJob("other");
  const order = await look(jobId, "LAMBDA");
  gitLab.setFaults({ errorStatus: 500, errorSeconds: 60, scope: "api" });
  await expect(call("start-lambda-runner", order)).rejects.toMatchObject({ name: "NoAnswerError" });
  gitLab.setFaults({});
  const input = { ...event(jobId, "pending"), lookup: { kind: "start" } };
  await call("record-failure", { event: input, error: { Error: "ConfigurationError", Cause: "{}" } });
  expect(rows(LEDGER_TABLE)).toContainEqual(expect.objectContaining({ jobId, state: "FAILED" }));
  gitLab.cancelJob(jobId);
});

it("T-20: calls in vain are counted in the ledger", async () => {
  const jobId = createJob("past");
  gitLab.cancelJob(jobId);
  expect(await call("look-up-runner", event(jobId, "pending"))).toMatchObject({ kind: "nothing" });
  expect(rows(LEDGER_TABLE).map(({ pk }) => pk)).toContainEqual(expect.stringMatching(/^minute#/));
});

it("I-1: a pass of the reconciler finds a job in GitLab and puts its event on the bus", async () => {
  const jobId = createJob("forgotten");
  // A webhook counts as lost after a while.
  const { now: inTime } = Date;
  const now = jest.spyOn(Date, "now").mockImplementation(() => inTime() + 60_000);
  const report = await call("reconciler", {}).finally(() => now.mockRestore());
  expect(report).toMatchObject({ kind: "reconciled" });
  expect(on.aws.events).toContainEqual(expect.objectContaining({ EventBusName: DEPLOYMENT }));
  expect(JSON.stringify(on.aws.events)).toContain(String(jobId));
});

it("I-47: an alarm of the queue-time objective has the first cause told, by the function that sums up", async () => {
  const about = { projectId: PROJECT, classKey: "EC2#big", market: "spot", jobName: "late" } as const;
  const key = usageKey({ ...about, day: dayOf(Date.now()), shard: 2 });
  const Item = encode({ ...key, waits: 4, missed: 1, "missed:slot": 1 });
  on.aws.tables.run("PutItem", { TableName: LEDGER_TABLE, Item });
  expect(await call("roll-up-usage", { isObjectiveAlarm: true })).toEqual({ outcome: "told", cause: "slot" });
  expect(JSON.stringify(on.aws.events)).toContain("QueueTimeObjectiveAlarm");
});

it("I-40: the roll-up sums up what was counted, and what a project with a budget has spent", async () => {
  const past = daysAfter(dayOf(Date.now()), -2);
  const count = (day: string, usd: number): void => {
    const key = {
      day,
      shard: 4,
      projectId: PROJECT,
      classKey: "EC2#big",
      market: "spot",
      jobName: "a",
    } as const;
    on.aws.tables.run("PutItem", {
      TableName: LEDGER_TABLE,
      Item: encode({ ...usageKey(key), jobs: 1, usd }),
    });
  };
  count(past, 2);
  count(dayOf(Date.now()), 3);
  const settings = { pk: "settings", sk: "settings", budgets: [{ project: PROJECT, usd: 100 }] };
  on.aws.tables.run("PutItem", { TableName: MAPPING_TABLE, Item: encode(settings) });
  expect(await call("roll-up-usage", {})).toMatchObject({ rows: 2, budgets: 1 });
  const stored = rows(LEDGER_TABLE).filter(({ pk }) => /^(day|names|state)#/.test(String(pk)));
  expect(stored).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({
        pk: `day#${past.slice(0, 7)}`,
        groups: { "EC2#big#spot": { jobs: 1, usd: 2 } },
      }),
      expect.objectContaining({ pk: "state#budgets" }),
    ]),
  );
});
