import fc from "fast-check";
import { STOP_CODES } from "../../Core/model/reasons";
import { parseFreed } from "./queue/freed";
import { parseRunnerOrder } from "./start/runner-order-input";
import { parseEndOrder, parseEndResult } from "./stop/end-input";
import { deathOf, interruptionOf, parseStopEvent, type StopEvent, saysNothing } from "./stop/stop-event";
import { anOrder } from "./testing/fakes/items";

const job = { object_kind: "build", build_id: 7, build_name: "x", build_status: "success", project_id: 1 };

describe("parseStopEvent", () => {
  it("takes a job event", () => {
    expect(parseStopEvent(job)).toMatchObject({ kind: "job", job: { jobId: 7, status: "success" } });
  });

  it("takes absent, null and empty ids as one", () => {
    const expected = { kind: "runner", resourceId: "i-1", reason: "instance-running" };
    for (const runnerId of [undefined, null, ""]) {
      expect(parseStopEvent({ runnerId, resourceId: "i-1", reason: "instance-running" })).toEqual(expected);
    }
  });

  it.each([
    ["no object", null],
    ["neither id", { runnerId: "", resourceId: "" }],
    ["an id that is text", { runnerId: "12" }],
    ["an id below one", { runnerId: 0 }],
    ["an id beyond 2^53", { runnerId: 2 ** 53 }],
    ["a resource that is a number", { resourceId: 5 }],
    ["a resource without end", { resourceId: "i".repeat(201) }],
    ["a job without a status", { ...job, build_status: "exploded" }],
  ])("F-69 F-70 I-27: refuses %s", (_title, input) => {
    expect(() => parseStopEvent(input)).toThrow(expect.objectContaining({ name: "InvalidInputError" }));
  });

  const outcomeOf = (parse: () => unknown): string => {
    try {
      parse();
      return "parsed";
    } catch (error) {
      return (error as Error).name;
    }
  };

  it("I-24: throws InvalidInputError or parses, whatever comes", () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(["parsed", "InvalidInputError"]).toContain(outcomeOf(() => parseStopEvent(input)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("trace 7: tells dead from dying, alive and warned", () => {
    const events = [...new Set(STOP_CODES)].map((reason) => ({ reason }));
    expect(events.flatMap((event) => deathOf(event) ?? [])).toEqual([
      "instance-stopped",
      "instance-terminated",
    ]);
    expect(events.filter(saysNothing).map(({ reason }) => reason)).toEqual([
      "instance-pending",
      "instance-running",
      "instance-shutting-down",
      "instance-stopping",
    ]);
    expect(events.flatMap((event) => interruptionOf(event) ?? [])).toEqual([
      "spot-interruption",
      "rebalance-recommendation",
    ]);
  });

  it.each(["", "x", "instance terminated", 5, null])(
    "F-56 trace 7: takes a reason that it does not know, %p, for one that says nothing of an instance",
    (reason) => {
      const event = parseStopEvent({ resourceId: "i-1", reason });
      expect(event).toEqual({ kind: "runner", resourceId: "i-1" });
      const asked = event as Extract<StopEvent, { kind: "runner" }>;
      expect([deathOf(asked), saysNothing(asked)]).toEqual([undefined, false]);
    },
  );
});

describe("what tasks hand to each other", () => {
  const facts = { id: 7, projectId: 1, status: "success", startedAt: 5, runnerId: 9 };

  it("an order survives the workflow's JSON", () => {
    const order = { runnerId: 9, reason: "job-ended", isDead: true, endedJob: facts, ownJob: facts };
    expect(parseEndOrder(JSON.parse(JSON.stringify(order)))).toEqual(order);
    const least = { reason: "no-job", isDead: false };
    expect(parseEndOrder(least)).toEqual(least);
    const orphan = { orphanId: "i-1", reason: "orphan-adopted", isDead: false };
    expect(parseEndOrder(JSON.parse(JSON.stringify(orphan)))).toEqual(orphan);
  });

  it.each([
    ["an order without a reason", () => parseEndOrder({ runnerId: 9 })],
    ["an order with a reason that is no code", () => parseEndOrder({ runnerId: 9, reason: "its job ended" })],
    ["an order for runner zero", () => parseEndOrder({ runnerId: 0, reason: "no-job" })],
    ["a job without a status", () => parseEndOrder({ reason: "no-job", endedJob: { id: 1, projectId: 1 } })],
    ["an end without a runner or an instance", () => parseEndResult({})],
    ["nothing freed", () => parseFreed({})],
    ["a slot without a class", () => parseFreed({ freed: { kind: "slot" } })],
    ["a class where something freed is meant", () => parseFreed({ freed: "EC2#default" })],
    ["something else freed", () => parseFreed({ freed: { kind: "EC2" } })],
    ["an order of the other provider", () => parseRunnerOrder(anOrder(), "LAMBDA")],
    ["an order without tags", () => parseRunnerOrder({ ...anOrder(), tags: "ec2" }, "EC2")],
    ["an order that is a list", () => parseRunnerOrder([], "EC2")],
  ])("refuses %s", (_title, parse) => {
    expect(parse).toThrow(expect.objectContaining({ name: "InvalidInputError" }));
  });

  it("an end tells whether the record is gone, and nothing else counts", () => {
    expect(parseEndResult({ runnerId: 9, recordDeleted: true, resourceId: "i-victim" })).toEqual({
      runnerId: 9,
      recordDeleted: true,
    });
    expect(parseEndResult({ runnerId: 9 })).toEqual({ runnerId: 9, recordDeleted: false });
    expect(parseEndResult({ resourceId: "i-1", recordDeleted: true })).toEqual({ orphanId: "i-1" });
  });

  it("an order passes as it is", () => {
    expect(parseRunnerOrder(anOrder(), "EC2")).toEqual(anOrder());
    for (const freed of [
      { kind: "slot", classKey: "EC2#default" },
      { kind: "launch" },
      { kind: "launch", two: true },
    ]) {
      expect(parseFreed({ freed })).toEqual(freed);
    }
  });
});
