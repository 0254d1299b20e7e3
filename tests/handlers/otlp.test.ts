import { type StandIn, startGitLab } from "../../local/gitlab";
import { type CollectorDouble, collectorDouble } from "../doubles/otlp/collector";
import { CONFIGURATION_PATH, type HandlersOnLoopback, openHandlers } from "./handlers-on-loopback";

const PROJECT = 7;

let gitLab: StandIn;
let collector: CollectorDouble;
let on: HandlersOnLoopback;
let log: jest.SpyInstance;
const logged: string[] = [];

beforeAll(async () => {
  gitLab = await startGitLab();
  collector = await collectorDouble();
  on = await openHandlers(gitLab);
  on.aws.parameters.set(`${CONFIGURATION_PATH}/OtlpEndpoint`, collector.endpoint);
  on.aws.parameters.set(`${CONFIGURATION_PATH}/OtlpHeaders`, "api-key=canary");
});
beforeEach(() => {
  log = jest.spyOn(process.stdout, "write").mockImplementation((text) => logged.push(`${text}`) > 0);
});
afterEach(() => log.mockRestore());
afterAll(async () => {
  await on?.close();
  await collector?.close();
  await gitLab?.close();
});

const call = async (name: string, input: unknown): Promise<Record<string, unknown>> =>
  (await on.handlers[name]?.(input)) as Record<string, unknown>;

const eventOf = (jobId: number) => ({
  source: "gitlab.webhook",
  object_kind: "build",
  build_id: jobId,
  build_name: "a job",
  build_status: "pending",
  project_id: PROJECT,
  runner: { id: "" },
  attempt: "",
});

/** The metrics that came to the collector since the last time. */
const taken = (): readonly string[] =>
  (collector.taken as unknown[])
    .splice(0)
    .flatMap((request) =>
      [...JSON.stringify(request).matchAll(/"name":"(\w+)","unit"/g)].map(([, name = ""]) => name),
    );

it.each(["start-lambda-runner", "start-ec2-runner"])(
  "%s sends its metrics when the runner is launched",
  async (start) => {
    const tags = start === "start-ec2-runner" ? ["aws:ec2"] : [];
    const [job] = gitLab.createPipeline(PROJECT, [{ name: "a job", tags, script: ["true"] }]);
    const { order } = await call("look-up-runner", eventOf(job?.id ?? 0));
    expect(taken()).toEqual([]);
    expect(await call(start, order)).toMatchObject({ kind: "launched" });
    expect([taken(), collector.refused]).toEqual([["JobsSeen"], []]);
  },
);

it("record-failure, which reads no other configuration, sends its metrics too", async () => {
  const error = { Error: "States.Timeout", Cause: "{}" };
  await call("record-failure", { event: eventOf(999), error });
  expect(taken()).toContain("WorkflowFailures");
  expect(collector.refused).toEqual([]);
});

it("I-13: no header of the collector is in a log, also where it fails", async () => {
  collector.behaves("fails");
  await call("record-failure", { event: eventOf(998), error: { Error: "States.Timeout", Cause: "{}" } });
  expect(logged.join("")).toContain("OTLP_NOT_SENT");
  expect(logged.join("")).not.toContain("canary");
});
