import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { TransientError } from "../../Core/errors";
import { type BusEntry, EVENT_SOURCE, EVENT_VERSION, RUNNER_EVENT_TYPES } from "../../Core/events/bus-entry";
import { objectiveAlarmEvent } from "../../Core/events/objective-alarm";
import { objectiveMissedEvent } from "../../Core/events/runner-events";
import { keepFakePrices } from "../src/testing/fakes/fake-prices";
import {
  type TestSystem,
  type TestSystemOptions,
  testSystem,
  webhook,
  workflows,
} from "../src/testing/fakes/test-system";

/** What others are told, as the functions make it and the workflows put it (docs/events.md). */

const SCHEMA = JSON.parse(readFileSync(join(__dirname, "../../docs/events.schema.json"), "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false }).addSchema(SCHEMA, "events");

const JOB = 7;
const RUNNER = 9001;

const problems = ({ DetailType, Detail }: BusEntry): string => {
  const validate = ajv.getSchema(`events#/$defs/${DetailType}`);
  if (validate === undefined) return `no definition of ${DetailType}`;
  return validate(JSON.parse(Detail)) ? "" : ajv.errorsText(validate.errors);
};

const told = (system: TestSystem): readonly (readonly [string, Record<string, unknown>])[] =>
  system.bus.told.map((entry) => {
    expect([entry.Source, entry.EventBusName, problems(entry)]).toEqual([EVENT_SOURCE, "test", ""]);
    return [entry.DetailType, JSON.parse(entry.Detail)] as const;
  });

const started = async (tags: readonly string[], options: TestSystemOptions = {}): Promise<TestSystem> => {
  const system = testSystem(options);
  await keepFakePrices(system.dependencies, system.routing);
  await system.start(webhook(system.gitLab.addJob({ id: JOB, projectId: 42, tags })));
  return system;
};

const ended = async (system: TestSystem): Promise<TestSystem> => {
  const { gitLab, clock } = system;
  gitLab.change(JOB, { status: "running", runnerId: RUNNER, startedAt: clock.now() });
  await system.pickUp(webhook(gitLab.jobsById.get(JOB)!));
  clock.advance(60_000);
  gitLab.change(JOB, { status: "success", finishedAt: clock.now() });
  await system.stop(webhook(gitLab.jobsById.get(JOB)!));
  return system;
};

it.each([
  ["EC2", ["ec2"], { market: "spot" }],
  ["LAMBDA", [], {}],
] as const)(
  "tells of a runner on %s when it is launched and when it is gone, once each",
  async (provider, tags, of) => {
    const system = await ended(await started(tags));
    const about = { version: EVENT_VERSION, deployment: "test", runnerId: RUNNER, jobId: JOB, projectId: 42 };
    expect(told(system)).toEqual([
      ["RunnerStarted", { ...about, provider, class: "default", resourceId: expect.any(String) }],
      [
        "RunnerEnded",
        {
          ...about,
          ...of,
          launchedForJobId: JOB,
          provider,
          class: "default",
          resourceId: expect.any(String),
          reason: "job-ended",
          launchedAt: expect.any(String),
          endedAt: new Date(system.clock.now()).toISOString(),
          costUsd: expect.any(Number),
        },
      ],
    ]);
  },
);

it("tells nothing again of a runner that is gone", async () => {
  const system = await ended(await started(["ec2"]));
  await system.stop(webhook(system.gitLab.jobsById.get(JOB)!));
  await system.stop({ runnerId: RUNNER, resourceId: "", reason: "instance-terminated" });
  expect(told(system).map(([type]) => type)).toEqual(["RunnerStarted", "RunnerEnded"]);
});

it("tells once of a runner that is gone, and nothing when its record goes later", async () => {
  const system = await started([]);
  const { gitLab, clock, lambda, ec2, routing } = system;
  const down = { ...gitLab, deleteRunner: () => Promise.reject(new TransientError("down")) };
  const broken = workflows({ ...system.dependencies, gitLab: down }, { lambda, ec2 }, routing);
  gitLab.change(JOB, { status: "running", runnerId: RUNNER, startedAt: clock.now() });
  await system.pickUp(webhook(gitLab.jobsById.get(JOB)!));
  gitLab.change(JOB, { status: "success", finishedAt: clock.now() });
  await expect(broken.stop(webhook(gitLab.jobsById.get(JOB)!))).rejects.toThrow(TransientError);
  expect(told(system).map(([type]) => type)).toEqual(["RunnerStarted"]);
  clock.advance(31 * 60_000);
  await broken.stop(webhook(gitLab.jobsById.get(JOB)!));
  expect(told(system).map(([type]) => type)).toEqual(["RunnerStarted", "RunnerEnded"]);
  await system.stop({ runnerId: RUNNER, resourceId: "", reason: "record-remaining" });
  expect((await system.ledger.runner(RUNNER))?.recordDeletedAt).toBeDefined();
  expect(told(system).map(([type]) => type)).toEqual(["RunnerStarted", "RunnerEnded"]);
});

it("tells of a start that GitLab refused, without GitLab's words", async () => {
  const system = testSystem();
  system.gitLab.refuses = "410 ask jane@example.com";
  await system.start(webhook(system.gitLab.addJob({ id: JOB, projectId: 42 })));
  expect(told(system)).toMatchObject([
    ["JobStartFailed", { jobId: JOB, projectId: 42, attempt: 1, reason: "gitlab-refused", isFinal: false }],
  ]);
  expect(JSON.stringify(system.bus.told)).not.toContain("jane");
});

it("says of the last failure that none follows", async () => {
  const system = testSystem();
  system.gitLab.refuses = "no";
  const job = system.gitLab.addJob({ id: JOB, projectId: 42 });
  for (const _ of [1, 2, 3]) {
    await system.start(webhook(job));
    system.clock.advance(3_600_000);
  }
  expect(told(system).map(([, { attempt, isFinal }]) => [attempt, isFinal])).toEqual([
    [1, false],
    [2, false],
    [3, true],
  ]);
});

it("tells of a look-up that cannot succeed", async () => {
  const system = testSystem();
  system.mappings.add({ pk: "job#build", sk: "tags#odd", type: "FARGATE" });
  await system.start(webhook(system.gitLab.addJob({ id: JOB, projectId: 42, name: "build", tags: ["odd"] })));
  expect(told(system)).toMatchObject([
    ["JobStartFailed", { jobId: JOB, reason: "configuration", attempt: 1 }],
  ]);
});

it("tells of a runner to which no job came, and of the job whose start that was", async () => {
  const system = await started(["ec2"]);
  const record = system.gitLab.runnersById.get(RUNNER)!;
  system.gitLab.runnersById.set(RUNNER, { ...record, contactedAt: system.clock.now() });
  system.clock.advance(3_600_000);
  await system.stop({ runnerId: RUNNER, resourceId: "", reason: "no-job" });
  const [, ...end] = told(system);
  expect(end).toMatchObject([
    ["RunnerEnded", { runnerId: RUNNER, launchedForJobId: JOB, reason: "no-job" }],
    ["JobStartFailed", { jobId: JOB, reason: "no-job", isFinal: false }],
  ]);
  expect(end[0]?.[1]).not.toHaveProperty("jobId");
});

it("tells of runners also without an access token", async () => {
  const system = testSystem({ mode: "payload" });
  await system.start(webhook(system.gitLab.addJob({ id: JOB, tags: [] })));
  expect(told(system).map(([type]) => type)).toEqual(["RunnerStarted"]);
});

it("holds no secret and nothing that a person wrote", async () => {
  const system = testSystem();
  const job = { id: JOB, projectId: 42, name: "jane's build", tags: ["ec2", "jane"] };
  system.mappings.add({ pk: "job#*", sk: "tags#ec2#jane", type: "EC2" });
  await system.start(webhook(system.gitLab.addJob(job)));
  await ended(system);
  expect(told(system)).toHaveLength(2);
  expect(JSON.stringify(system.bus.told)).not.toMatch(/jane|glrt-/);
});

it("has a definition of every kind", () => {
  const missed = objectiveMissedEvent("test", {
    jobId: JOB,
    projectId: 42,
    class: "default",
    queuedSeconds: 200.5,
    objectiveSeconds: 180,
    cause: "slot",
  });
  expect(problems(missed)).toBe("");
  const rings = {
    since: "2026-11-30",
    jobs: 9,
    missed: 6,
    cause: "slot",
    ofCause: 5,
    class: "EC2#big",
  } as const;
  expect(problems(objectiveAlarmEvent("test", rings))).toBe("");
  for (const type of RUNNER_EVENT_TYPES) expect(SCHEMA.$defs).toHaveProperty(type);
});

it("S-27: and the definitions refuse a field that nobody described, and another version", () => {
  const entry = objectiveMissedEvent("test", {
    jobId: JOB,
    projectId: 42,
    class: "default",
    queuedSeconds: 1,
    objectiveSeconds: 1,
    cause: "slot",
  });
  const changed = (change: object): BusEntry => ({
    ...entry,
    Detail: JSON.stringify({ ...JSON.parse(entry.Detail), ...change }),
  });
  expect(problems(changed({ userName: "jane" }))).toContain("additional");
  expect(problems(changed({ version: 2 }))).toContain("version");
});
