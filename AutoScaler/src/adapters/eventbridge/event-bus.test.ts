import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { parseJobEvent } from "../../../../Core/model/job-event";
import type { GitLabJob, OurEvent } from "../../ports";
import { eventBusContract } from "../../testing/contracts/event-bus-contract";
import { eventBridgeBus } from "./event-bus";

const prepare = () => {
  const mock = mockClient(EventBridgeClient);
  mock.onAnyCommand().rejects(new Error("Unplanned call"));
  mock.on(PutEventsCommand).callsFake(({ Entries }) => {
    if (Entries.length === 0 || Entries.length > 10) throw new Error(`${Entries.length} entries`);
    return { FailedEntryCount: 0, Entries: [] };
  });
  const entries = () =>
    mock.commandCalls(PutEventsCommand).flatMap(({ args }) => args[0].input.Entries ?? []);
  return {
    mock,
    entries,
    arrived: () => entries().length,
    bus: eventBridgeBus(new EventBridgeClient({ region: "eu-west-1" }), "gitlab-runners"),
  };
};

const job: GitLabJob = {
  id: 3_580_121_225,
  projectId: 42,
  name: 'say "hello" 🦊',
  status: "pending",
  tags: ["arm"],
  createdAt: 1,
};

describe("eventBridgeBus", () => {
  eventBusContract(prepare);

  it("puts a job as GitLab's webhook shows it, so that the same rules and parser take it", async () => {
    const { bus, entries } = prepare();
    await bus.put([
      { detailType: "GitLabJobEvent", job, attempt: 2 },
      { detailType: "GitLabJobEvent", job: { ...job, status: "running", runnerId: 9001 } },
    ]);
    expect(entries()[0]).toMatchObject({
      EventBusName: "gitlab-runners",
      Source: "gitlab.reconciler",
      DetailType: "GitLabJobEvent",
    });
    const [pending, running] = entries().map(({ Detail }) => parseJobEvent(JSON.parse(Detail ?? "")));
    expect(pending).toEqual({
      jobId: job.id,
      projectId: 42,
      jobName: job.name,
      status: "pending",
      attempt: 2,
    });
    expect(running).toMatchObject({ status: "running", runnerId: 9001 });
  });

  it("puts a runner's end with what is known of it", async () => {
    const { bus, entries } = prepare();
    await bus.put([
      { detailType: "RunnerEnded", runnerId: 7, resourceId: "i-1", reason: "lifetime-reached" },
    ]);
    expect(entries()[0]?.DetailType).toBe("RunnerEnded");
    expect(JSON.parse(entries()[0]?.Detail ?? "")).toEqual({
      runnerId: 7,
      resourceId: "i-1",
      reason: "lifetime-reached",
    });
  });

  it("F-8: throws when an entry failed, though the answer is a 200", async () => {
    const { bus, mock } = prepare();
    mock
      .on(PutEventsCommand)
      .resolves({ FailedEntryCount: 1, Entries: [{ EventId: "1" }, { ErrorCode: "ThrottlingException" }] });
    const both: OurEvent[] = [job, { ...job, id: 1 }].map((one) => ({
      detailType: "GitLabJobEvent",
      job: one,
    }));
    await expect(bus.put(both)).rejects.toMatchObject({
      name: "TransientError",
      message: expect.stringContaining("left 1 of 2 out (ThrottlingException)"),
    });
  });

  it.each([
    ["ResourceNotFoundException", "ConfigurationError"],
    ["InternalException", "TransientError"],
  ])("says of %s that it is a %s", async (name, expected) => {
    const { bus, mock } = prepare();
    mock.on(PutEventsCommand).rejects(Object.assign(new Error(), { name }));
    await expect(bus.put([{ detailType: "GitLabJobEvent", job }])).rejects.toMatchObject({ name: expected });
  });
});
